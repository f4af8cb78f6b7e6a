"""Questions of our own in the published format of each of the leaderboard's tests, as few as show its rules."""

from itertools import product

BOATS = ("a barge", "a dinghy", "a ferry", "a ketch", "a trawler", "a yawl")
PLACES = ("the harbour", "the quay", "the lock", "the open sea", "the slipway")
WEATHER = ("fog", "hail", "a calm", "a storm", "sleet")


def arc(number: int) -> dict:
    boat, place = list(product(BOATS, PLACES))[number % 30]
    count = 3 + number % 3
    labels = [str(i + 1) for i in range(count)] if number % 4 == 0 else list("ABCDE"[:count])
    texts = [f"{WEATHER[(number + i) % 5]} near {place}" if i % 2 else WEATHER[(number + i) % 5] for i in range(count)]
    return {
        "id": f"harbour_{number}",
        "question": f"Which weather keeps {boat} in {place}, after {number + 2} days?",
        "choices": {"text": texts, "label": labels},
        "answerKey": labels[number % count],
    }


def hellaswag(number: int) -> dict:
    boat, place = BOATS[number % 6], PLACES[number % 5]
    # Marks of WikiHow's articles, two blanks, capitals, letters beyond ASCII, and a mark at the end, which leaves a blank.
    ctx_a = (f"Someone rows {boat} to {place}.", f" [header] How to moor {boat} [title] Find a rope.  It is wet.")[number % 2]
    ctx_b = ("a PILOT from Perché", "", "élan [step]", "the rope")[number % 4]
    endings = [
        f"ties it to {PLACES[(number + i) % 5]} [substeps] and waits for {WEATHER[(number + i) % 5]}{'!' * i}" for i in range(4)
    ]
    endings[number % 4] = f"  rows back — 世界 {number} 👋🏽 [title] Rest."
    return {
        "ind": number,
        "activity_label": ("Mooring a boat", "Rowing")[number % 2],
        "ctx_a": ctx_a,
        "ctx_b": ctx_b,
        "ctx": f"{ctx_a} {ctx_b}",
        "endings": endings,
        "label": str((number * 7) % 4),
    }


def mmlu(subject: str, number: int) -> dict:
    return {
        "question": f"\n Where does {BOATS[(number + len(subject)) % 6]} go on day {number} in {WEATHER[number % 5]}? ",
        "subject": subject,
        "choices": [f"To {PLACES[(number + i) % 5]}" for i in range(4)],
        "answer": (number * 3 + len(subject)) % 4,
    }


def truthfulqa(number: int) -> dict:
    right, wrong = 1 + number % 3, 2 + number % 2
    choices = [f"{BOATS[(number + i) % 6].capitalize()} sinks in {WEATHER[(number + i) % 5]}." for i in range(right + wrong)]
    return {
        "question": f"What happens in {WEATHER[number % 5]} at {PLACES[number % 5]}?",
        "mc1_targets": {"choices": choices[: wrong + 1], "labels": [1] + [0] * wrong},
        "mc2_targets": {"choices": choices, "labels": [1] * right + [0] * wrong},
    }


SUBJECTS = ("anatomy", "high_school_us_history")
# The rows of each split of each subject of each task.
DATA = {
    "arc_challenge": {
        "arc_challenge": {"train": [arc(i) for i in range(30)], "test": [arc(i) for i in range(30, 35)]},
    },
    "hellaswag": {
        "hellaswag": {"train": [hellaswag(i) for i in range(13)], "validation": [hellaswag(i) for i in range(13, 18)]},
    },
    "mmlu": {
        subject: {
            "dev": [mmlu(subject, i) for i in range(5)],
            "test": [mmlu(subject, i) for i in range(5, 5 + count)],
        }
        for subject, count in zip(SUBJECTS, (4, 6), strict=True)
    },
    "truthfulqa_mc2": {
        "truthfulqa_mc2": {"validation": [truthfulqa(i) for i in range(5)]},
    },
}
