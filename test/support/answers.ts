// Answers of the kinds that models write, as reported by users.

/** Of Falcon-180B, whose turns begin with `User:`. */
export const withClassUser = `Here is the model:

\`\`\`python
@dataclass
class User:
    name: str
User: int
\`\`\`
It has one field.
`;

/** Of Falcon-H1R. */
export const withThinking = `<think>
The user greets me.
I should say hello.
</think>

Hello!`;
