"""Frames as files: what a lab shows along one slider, to be played where no kernel runs.

A recording is a folder: index.json (the words and numbers of each frame), one PNG a frame, and
index.html, a page that plays it in any browser.
"""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from momentum_lab.live.engine import EVENT
from momentum_lab.validation import unknown_name

FORMAT = "momentum lab recording 1"


@dataclass(frozen=True)
class Recording:
    """What a lab shows along one slider.

    lab, control: their names. positions: the texts of the slider's positions. start: the position
    where the lab stood. frames: one dict a position, as the lab's screen has them: png (bytes),
    alt, finding, status, table (html), update, n_updates.
    """

    lab: str
    control: str
    positions: list
    start: int
    frames: list


WORDS = "alt", "finding", "status", "table", "update", "n_updates"


def record(lab, control):
    """Return the `Recording` of a lab along the slider of a control; all else stays as it is.

    Raises ValueError unless the control is one of the lab's heroes.
    """
    if control not in lab.heroes:
        raise unknown_name("slider to record", control, lab.heroes)
    number = lab.controls[control]
    with EVENT:
        frames = [lab.frame_of(lab.values | {control: value}) for value in number.grid]
        frames = [{name: frame[name] for name in ("png", *WORDS)} for frame in frames]
        positions = [f"{value:.10g}" for value in number.grid]
        return Recording(lab.name, number.label, positions, number.slider.value, frames)


def write_recording(recording, folder):
    """Write a recording into a folder (made where it is missing); return the folder's path."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    frames = []
    for number, frame in enumerate(recording.frames):
        name = f"{number:03}.png"
        (folder / name).write_bytes(frame["png"])
        frames.append({"picture": name} | {word: frame[word] for word in WORDS})
    index = vars(recording) | {"format": FORMAT, "frames": frames}
    text = json.dumps(index, ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(text, encoding="utf-8")
    page = resources.files("momentum_lab.live").joinpath("recording.html").read_text("utf-8")
    # A page that is opened from a disk may not read other files, so it holds a copy of the index.
    page = page.replace("{}", text.replace("<", "\\u003c"), 1)
    (folder / "index.html").write_text(page, encoding="utf-8")
    return folder


def read_recording(folder):
    """Return the `Recording` that a folder holds; ValueError says what is wrong with its files."""
    path = Path(folder) / "index.json"
    try:
        index = json.loads(path.read_text("utf-8"))
        if index.pop("format") != FORMAT:
            raise ValueError(f"the format is not {FORMAT!r}")
        frames = [
            {"png": path.with_name(frame["picture"]).read_bytes()}
            | {word: frame[word] for word in WORDS}
            for frame in index.pop("frames")
        ]
        if len(frames) != len(index["positions"]):
            raise ValueError("there must be one frame for each position")
        return Recording(frames=frames, **index)
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not a whole recording: {error}") from error
