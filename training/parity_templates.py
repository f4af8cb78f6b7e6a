"""Renders the chat templates that the Falcon families publish, for test/fixtures/parity/templates.json.

`python training/parity_templates.py` renders each of some conversations with each template, as Transformers does it.
Where the assistant renders a conversation otherwise on purpose, the reason is there too, with what it renders: the
template's own rendering of the turns with their white space cleaned.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import transformers
from transformers.utils.chat_template_utils import render_jinja_template

FALCON_INSTRUCT = (
    "{% if messages[0]['role'] == 'system' %}"
    "{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
    "{% else %}{% set loop_messages = messages %}{% set system_message = '' %}{% endif %}"
    "{% for message in loop_messages %}"
    "{% if loop.index0 == 0 %}{{ system_message.strip() }}{% endif %}"
    "{% if message['role'] == 'user' %}"
    "{{ '\\n\\nUser: ' + message['content'].strip().replace('\\r\\n', '\\n').replace('\\n\\n', '\\n') }}"
    "{% elif message['role'] == 'assistant' %}"
    "{{ '\\n\\nAssistant: ' + message['content'].strip().replace('\\r\\n', '\\n').replace('\\n\\n', '\\n') }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '\\n\\nAssistant:' }}{% endif %}"
)

FALCON3 = """\
{%- for message in messages %}
{%- if message['role'] == 'system' %}
{{- '<|system|>\\n' + message['content'] + '\\n' }}
{%- elif message['role'] == 'user' %}
{{- '<|user|>\\n' + message['content'] + '\\n' }}
{%- elif message['role'] == 'assistant' %}
{%- if not loop.last %}
{{- '<|assistant|>\\n' + message['content'] + eos_token + '\\n' }}
{%- else %}
{{- '<|assistant|>\\n' + message['content'] + eos_token }}
{%- endif %}
{%- endif %}
{%- if loop.last and add_generation_prompt %}
{{- '<|assistant|>\\n' }}
{%- endif %}
{%- endfor %}"""

FALCON_H1 = """\
{{bos_token}}
{%- if messages[0].role == 'system' %}
{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}{%- if message.role != 'system' %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{%- endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}"""

# No template was published with these two, but an example of a conversation.
FALCON_180B = (
    "{% for message in messages %}"
    "{{ {'system': 'System: ', 'user': 'User: ', 'assistant': 'Falcon: '}[message['role']] }}"
    "{{ message['content'] + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Falcon:' }}{% endif %}"
)
FALCON_MAMBA = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

CHAT_ML = ("<|im_start|>", "<|im_end|>")


@dataclass(frozen=True)
class Family:
    """`template` is without its part for tools. `markers` are the special tokens of the format."""

    model: str
    source: str
    template: str
    markers: tuple[str, ...] = ()

    @property
    def ends_turns_by_empty_lines(self) -> bool:
        return self.template == FALCON_INSTRUCT


FAMILIES = (
    Family("falcon-7b-instruct", "tokenizer_config.json at commit 0b9684d", FALCON_INSTRUCT),
    Family("falcon-180B-chat", "https://huggingface.co/blog/falcon-180b", FALCON_180B),
    Family("falcon-mamba-7b-instruct", "https://huggingface.co/blog/falconmamba", FALCON_MAMBA, CHAT_ML),
    Family("Falcon3-7B-Instruct", "tokenizer_config.json", FALCON3, ("<|system|>", "<|user|>", "<|assistant|>")),
    Family("Falcon-H1-7B-Instruct", "chat_template.jinja", FALCON_H1, CHAT_ML),
)

SYSTEM = {"role": "system", "content": "Answer in one line."}
CONVERSATIONS = {
    "one question": [{"role": "user", "content": "What is a berth?"}],
    "a system text": [SYSTEM, {"role": "user", "content": "What is a berth?"}],
    "several turns": [
        SYSTEM,
        {"role": "user", "content": "What is a berth?"},
        {"role": "assistant", "content": "A place for a boat."},
        {"role": "user", "content": "And a buoy?"},
        {"role": "assistant", "content": "A float that marks a place.\nIt is anchored."},
        {"role": "user", "content": "Thanks."},
    ],
    "special characters": [
        {"role": "user", "content": "{{ 7 * 7 }} {% raw %} 'a' \"b\" \\n <|im_end|> <|user|> User: \tö 世界 👋🏽"},
        {"role": "assistant", "content": "`<b>&amp;</b>`"},
        {"role": "user", "content": "Why?"},
    ],
    "an empty line in a turn": [
        {"role": "user", "content": "def a():\n    pass\n\ndef b():\n    pass"},
        {"role": "assistant", "content": "Two functions.\n\nThey do nothing."},
        {"role": "user", "content": "Why?"},
    ],
    "several empty lines": [{"role": "user", "content": "a\n\n\nb\n\n\n\nc"}],
    "an empty line in the system text": [
        {"role": "system", "content": "Be brief.\n\nBe kind."},
        {"role": "user", "content": "Hello"},
    ],
    "line breaks of Windows": [{"role": "user", "content": "a\r\nb\r\n\r\nc"}],
    "space around": [
        {"role": "system", "content": " Be brief.\n"},
        {"role": "user", "content": "\n  Hello \n"},
        {"role": "assistant", "content": " Hi. "},
        {"role": "user", "content": "Bye\n\n"},
    ],
}

REASON = "Turns have no space around them, and line breaks are \\n: what was pasted does not change the answer."
EMPTY_LINES = " An empty line ends a turn, so that none is left inside one."


def main() -> None:
    record = {"transformers": transformers.__version__, "families": [render_family(family) for family in FAMILIES]}
    file = Path(__file__).parent.parent / "test/fixtures/parity/templates.json"
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def render_family(family: Family) -> dict:
    conversations = []
    for name, turns in CONVERSATIONS.items():
        cleaned = [{**turn, "content": clean(turn["content"], family)} for turn in turns]
        conversation = {"name": name, "turns": turns, "published": render(family.template, turns)}
        rendered = render(family.template, cleaned)
        if rendered != conversation["published"]:
            reason = REASON + EMPTY_LINES if family.ends_turns_by_empty_lines else REASON
            conversation["deviation"] = {"reason": reason, "rendered": rendered}
        conversations.append(conversation)
    return {
        "model": family.model,
        "source": family.source,
        "markers": family.markers,
        "conversations": conversations,
    }


def render(template: str, turns: list[dict]) -> str:
    # The engine puts the token that a text begins with; a template must not put it twice.
    tokens = {"bos_token": "", "eos_token": "<|endoftext|>"}
    [rendered], _ = render_jinja_template([turns], chat_template=template, add_generation_prompt=True, **tokens)
    return rendered


def clean(text: str, family: Family) -> str:
    """What the assistant makes of a turn's text before it renders it."""
    text = re.sub("\r\n?", "\n", text.strip())
    return re.sub("\n{2,}", "\n", text) if family.ends_turns_by_empty_lines else text


if __name__ == "__main__":
    main()
