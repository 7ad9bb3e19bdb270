"""Frames as files: written, read, damaged."""

import json

import pytest
from reader import look

from momentum_lab.labs import one_weight
from momentum_lab.live.recording import read_recording, record, write_recording


@pytest.fixture(scope="module")
def recording():
    return record(one_weight(learning_rate=0.02), "momentum")


def test_a_recording_holds_what_the_lab_shows_at_each_position(recording):
    lab = look(one_weight(learning_rate=0.02))
    assert (recording.lab, recording.control, recording.start) == ("one_weight", "momentum", 50)
    assert recording.positions[recording.start] == "0.5"
    assert len(recording.frames) == len(lab.momentum.grid)
    for position in (0, 50, 99):
        lab.momentum.value = lab.momentum.grid[position]
        frame = recording.frames[position]
        assert {name: lab.screen.frame[name] for name in frame} == frame


def test_recording_leaves_the_lab_as_it_is():
    lab = look(one_weight())
    before = lab.screen.frame, lab.result, lab.values
    record(lab, "momentum")
    assert (lab.screen.frame, lab.result, lab.values) == before


def test_a_recording_is_read_as_it_was_written(recording, tmp_path):
    folder = write_recording(recording, tmp_path / "new" / "folder")
    assert read_recording(folder) == recording
    assert len(list(folder.glob("*.png"))) == len(recording.frames)


def test_the_page_holds_its_index_and_no_way_out_of_it(recording, tmp_path):
    hostile = "</script><script>alert(1)</script>"
    recording.frames[0]["finding"], before = hostile, recording.frames[0]["finding"]
    page = write_recording(recording, tmp_path).joinpath("index.html").read_text("utf-8")
    recording.frames[0]["finding"] = before
    assert hostile not in page
    index = page.partition('id="index">')[2].partition("</script>")[0]
    assert json.loads(index)["frames"][0]["finding"] == hostile


def test_only_a_hero_can_be_recorded():
    with pytest.raises(ValueError, match=r"slider to record.*weight.*learning_rate"):
        record(one_weight(), "weight")


def damage_format(index):
    index["format"] = "another"


def damage_frames(index):
    del index["frames"][3]


def damage_words(index):
    del index["frames"][3]["alt"]


def damage_picture(index):
    index["frames"][3]["picture"] = "../index.json"


def lose_picture(index):
    index["frames"][3]["picture"] = "none.png"


def add_a_part(index):
    index["more"] = 1


@pytest.mark.parametrize(
    "damage",
    [damage_format, damage_frames, damage_words, damage_picture, lose_picture, add_a_part],
)
def test_a_damaged_recording_is_told(recording, tmp_path, damage):
    path = write_recording(recording, tmp_path) / "index.json"
    index = json.loads(path.read_text("utf-8"))
    damage(index)
    path.write_text(json.dumps(index), "utf-8")
    with pytest.raises(ValueError, match=r"index\.json is not a whole recording: "):
        read_recording(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}'])
def test_what_is_no_index_is_told(tmp_path, text):
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(ValueError, match="is not a whole recording"):
        read_recording(tmp_path)
