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

# The parts for tools, which the templates above are without.
FALCON3_TOOLS = """\
{{- '<|system|>\\n' }}
{%- if messages[0]['role'] == 'system' %}
{{- messages[0]['content'] }}
{%- set remaining_messages = messages[1:] %}
{%- else %}
{%- set remaining_messages = messages %}
{%- endif %}
{{- 'You are a Falcon assistant skilled in function calling. You are helpful, respectful, and concise.\\n\\n# Tools\\n\\nYou have access to the following functions. You MUST use them to answer questions when needed. For each function call, you MUST return a JSON object inside <tool_call></tool_call> tags.\\n\\n<tools>' + tools|tojson(indent=2) + '</tools>\\n\\n# Output Format\\n\\nYour response MUST follow this format when making function calls:\\n<tool_call>\\n[\\n  {"name": "function_name", "arguments": {"arg1": "value1", "arg2": "value2"}},\\n  {"name": "another_function", "arguments": {"arg": "value"}}\\n]\\n</tool_call>\\nIf no function calls are needed, respond normally without the tool_call tags.\\n' }}
{%- for message in remaining_messages %}
{%- if message['role'] == 'user' %}
{{- '<|user|>\\n' + message['content'] + '\\n' }}
{%- elif message['role'] == 'assistant' %}
{%- if message.content %}
{{- '<|assistant|>\\n' + message['content'] }}
{%- endif %}
{%- if message.tool_calls %}
{{- '\\n<tool_call>\\n' }}
{{- message.tool_calls|tojson(indent=2) }}
{{- '\\n</tool_call>' }}
{%- endif %}
{{- eos_token + '\\n' }}
{%- elif message['role'] == 'tool' %}
{{- '<|assistant|>\\n<tool_response>\\n' + message['content'] + '\\n</tool_response>\\n' }}
{%- endif %}
{%- endfor %}
{{- '<|assistant|>\\n' if add_generation_prompt }}"""  # noqa: E501

FALCON_H1_TOOLS = """\
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}
{{- messages[0].content + '\\n\\n' }}
{%- endif %}
{{- "You are a function calling AI model. You are provided with function signature within <tools> </tools> XML tags. You may call one or more functions to assist with the user query. Don't make assumptions about what values to plug into functions.\\n<tools>\\n" }}
{%- for tool in tools %}[{{- tool | tojson }}]{%- endfor %}
{{- "\\n</tools>\\nFor each function call, return a json object with function name and arguments within <tool_call> </tool_call> tags with the following schema:\\n<tool_call>\\n{'arguments': <args-dict>, 'name': <function-name>}\\n</tool_call>\\n" }}
{%- for message in messages %}{%- if message.role != 'system' %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{%- endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}"""  # noqa: E501

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
    """`template` is without its part for tools, `tools`. `markers` are the special tokens of the format."""

    model: str
    source: str
    template: str
    markers: tuple[str, ...] = ()
    tools: str | None = None

    @property
    def ends_turns_by_empty_lines(self) -> bool:
        return self.template == FALCON_INSTRUCT


FAMILIES = (
    Family("falcon-7b-instruct", "tokenizer_config.json at commit 0b9684d", FALCON_INSTRUCT),
    Family("falcon-180B-chat", "https://huggingface.co/blog/falcon-180b", FALCON_180B),
    Family("falcon-mamba-7b-instruct", "https://huggingface.co/blog/falconmamba", FALCON_MAMBA, CHAT_ML),
    Family("Falcon3-7B-Instruct", "tokenizer_config.json", FALCON3, ("<|system|>", "<|user|>", "<|assistant|>"), FALCON3_TOOLS),
    Family("Falcon-H1-7B-Instruct", "chat_template.jinja", FALCON_H1, CHAT_ML, FALCON_H1_TOOLS),
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

TOOLS = [
    {
        "name": "read",
        "description": "Reads a file; says “gone” where there is none.",
        "parameters": {
            "type": "object",
            "properties": {"path": {"type": "string"}, "lines": {"type": "array", "items": {"type": "integer"}}},
            "required": ["path"],
        },
    },
    {"name": "list", "description": "Lists the folder.", "parameters": {"type": "object", "properties": {}}},
]
CALLS = [{"name": "read", "arguments": {"path": "a\"b.ts", "lines": [1, 20]}}, {"name": "list", "arguments": {}}]
WITH_TOOLS = [
    SYSTEM,
    {"role": "user", "content": "What is in a?"},
    {"role": "assistant", "content": "I look.", "toolCalls": CALLS},
    {"role": "tool", "content": "let a = 1;"},
    {"role": "tool", "content": "[]"},
    {"role": "assistant", "content": "A variable."},
    {"role": "user", "content": "Thanks."},
]

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
        **({"tools": {"offered": TOOLS, "turns": WITH_TOOLS, "published": render_tools(family)}} if family.tools else {}),
    }


def render_tools(family: Family) -> str:
    """The conversation with tools. Falcon-H1's template has no place for calls but the words of a turn."""
    tools = [{"type": "function", "function": tool} for tool in TOOLS]
    turns = []
    for turn in WITH_TOOLS:
        turn = dict(turn)
        calls = turn.pop("toolCalls", None)
        if calls and family.template == FALCON_H1:
            written = [json.dumps({"arguments": call["arguments"], "name": call["name"]}) for call in calls]
            turn["content"] += "".join(f"\n<tool_call>\n{call}\n</tool_call>" for call in written)
        elif calls:
            turn["tool_calls"] = calls
        turns.append(turn)
    return render(family.tools, turns, tools)


def render(template: str, turns: list[dict], tools: list[dict] | None = None) -> str:
    # The engine puts the token that a text begins with; a template must not put it twice.
    tokens = {"bos_token": "", "eos_token": "<|endoftext|>"}
    [rendered], _ = render_jinja_template(
        [turns], tools=tools, chat_template=template, add_generation_prompt=True, **tokens
    )
    return rendered


def clean(text: str, family: Family) -> str:
    """What the assistant makes of a turn's text before it renders it."""
    text = re.sub("\r\n?", "\n", text.strip())
    return re.sub("\n{2,}", "\n", text) if family.ends_turns_by_empty_lines else text


if __name__ == "__main__":
    main()
