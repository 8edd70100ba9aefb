"""Numbered version folders are written completely or not at all."""

import pytest

from zoo.exporting import versions
from zoo.exporting.versions import new_version


def test_a_new_version_follows_the_highest_number(tmp_path):
    for name in ("2", "010", "notes", ".hidden", "-99"):
        (tmp_path / name).mkdir()
    with new_version(tmp_path) as draft:
        draft.folder.mkdir()
        assert draft.publish() == tmp_path / "11"


def test_a_number_taken_by_another_export_is_skipped(tmp_path, monkeypatch):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").touch()
    looks = iter([[], [1]])  # the first look comes before the other export
    monkeypatch.setattr(versions, "_numbers", lambda target: next(looks))
    with new_version(tmp_path) as draft:
        draft.folder.mkdir()
        assert draft.publish() == tmp_path / "2"
    assert (tmp_path / "1" / "saved_model.pb").exists()


def test_a_failure_keeps_earlier_versions(tmp_path):
    (tmp_path / "1").mkdir()

    def fail():
        with new_version(tmp_path) as draft:
            draft.folder.mkdir()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [entry.name for entry in tmp_path.iterdir()] == ["1"]


def test_only_drafts_of_killed_processes_are_removed(tmp_path):
    dead = tmp_path / ".draft-dead"
    (dead / "version").mkdir(parents=True)
    dead.with_name(".draft-dead.lock").touch()
    with new_version(tmp_path) as one, new_version(tmp_path) as other:
        drafts = {path.name for path in tmp_path.iterdir() if path.is_dir()}
        assert drafts == {one.workplace.name, other.workplace.name}
    assert list(tmp_path.iterdir()) == []
