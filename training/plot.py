"""Draws a learning curve: python training/plot.py [RUN, or a curve.jsonl] writes curve.svg"""

import json
import sys
from pathlib import Path

from paths import HERE, RUNS

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 24, 44
SERIES = {
    "plain_bits_per_byte": ("text", "#1f6feb"),
    "infill_bits_per_byte": ("text, given what comes after", "#bf5700"),
}


def read_points(path: Path) -> list[dict[str, float]]:
    """The measured points; a run that went on from an earlier checkpoint overwrites what came after it."""
    lines = path.read_text().splitlines()
    points = [point for point in map(json.loads, lines) if "plain_bits_per_byte" in point]
    return [points for _, points in sorted({point["tokens"]: point for point in points}.items())]


def draw(points: list[dict[str, float]]) -> str:
    """SVG; tokens to the right, bits per byte of the held-out packages upwards."""
    most_tokens = max(point["tokens"] for point in points)
    values = [point[name] for point in points for name in SERIES if name in point]
    low, high = int(min(values) * 5) / 5, int(max(values) * 5 + 1) / 5

    def x(tokens: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * tokens / most_tokens

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = []
    for i in range(5):
        value, tokens = low + (high - low) * i / 4, most_tokens * i / 4
        line, label = f"{y(value):.1f}", f"{value:.2f}"
        parts.append(f'<path d="M{LEFT} {line}H{WIDTH - RIGHT}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{line}" dy="4" text-anchor="end">{label}</text>')
        parts.append(f'<text x="{x(tokens):.1f}" y="{HEIGHT - 24}" text-anchor="middle">{tokens / 1e6:.0f}</text>')
    for row, (name, (label, color)) in enumerate(SERIES.items()):
        path = " ".join(f"{x(point['tokens']):.1f},{y(point[name]):.1f}" for point in points if name in point)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{TOP + 18 * row}" text-anchor="end" fill="{color}">{label}</text>')
    parts.append(f'<text x="{LEFT}" y="14">bits per byte</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">million tokens</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, background, *parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    source = sys.argv[1] if len(sys.argv) > 1 else "main"
    path = Path(source) if source.endswith(".jsonl") else RUNS / source / "curve.jsonl"
    (HERE / "curve.svg").write_text(draw(read_points(path)))
