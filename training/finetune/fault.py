"""What a user can mend."""


class Fault(Exception):
    """`cause` names it for a program; the message is for the user: what, why, and how to mend it."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
