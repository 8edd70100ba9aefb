"""Files and folders are written completely or not at all."""

import json
import multiprocessing
import os
import pathlib
import signal

import pytest

from zoo.atomic_writes import (
    atomic_write,
    draft_folder,
    move_into_place,
    remove_abandoned_drafts,
    write_json,
)

CONTEXT = multiprocessing.get_context("spawn")


def write_file(path, text):
    with atomic_write(path) as draft:
        draft.write_text(text)


def write_folder(path, text):
    with atomic_write(path) as draft:
        (draft / "deep").mkdir(parents=True)
        (draft / "deep" / "file").write_text(text)


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def text_of(path):
    return (path / "deep" / "file" if path.is_dir() else path).read_text()


WRITERS = {"file": write_file, "folder": write_folder}
writers = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@writers
def test_the_new_content_replaces_the_old(tmp_path, write):
    path = tmp_path / "target"
    for text in ("old", "new"):
        write(path, text)
        assert text_of(path) == text
        assert names_in(tmp_path) == ["target"]


@writers
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_the_old_content_stays_if_a_rename_fails(tmp_path, monkeypatch, write, failing):
    path = tmp_path / "target"
    write(path, "old")
    calls = []

    def flaky(rename):
        def renamed(source, target):
            calls.append((source, target))
            if len(calls) == failing:
                raise OSError(5, "Input/output error")
            rename(source, target)

        return renamed

    monkeypatch.setattr("os.rename", flaky(os.rename))
    monkeypatch.setattr("os.replace", flaky(os.replace))
    if failing <= (2 if write is write_folder else 1):
        with pytest.raises(OSError, match="Input/output error") as failed:
            write(path, "new")
        assert failed.value.filename == str(path)
        assert text_of(path) == "old"
    else:
        write(path, "new")
        assert text_of(path) == "new"
    assert names_in(tmp_path) == ["target"]


def test_the_old_preset_stays_if_overwriting_it_fails(tmp_path, monkeypatch):
    import zoo
    from zoo.presets.writing import save_to_preset

    path = tmp_path / "preset"
    old, new = (zoo.MLP((2,), num_classes=n, hidden_units=(2,)) for n in (2, 3))
    save_to_preset(old, path)
    move = os.replace

    def fails_once(source, target):
        monkeypatch.setattr("os.replace", move)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.replace", fails_once)
    with pytest.raises(OSError, match="Input/output error"):
        save_to_preset(new, path, overwrite=True)
    assert zoo.MLP.from_preset(path).num_classes == 2
    save_to_preset(new, path, overwrite=True)
    assert zoo.MLP.from_preset(path).num_classes == 3
    assert names_in(tmp_path) == ["preset"]


def test_an_existing_folder_is_replaced_only_on_request(tmp_path):
    write_folder(tmp_path / "target", "old")
    with draft_folder(tmp_path) as draft:
        (draft / "file").touch()
        with pytest.raises(FileExistsError):
            move_into_place(draft, tmp_path / "target", replace=False)
    assert text_of(tmp_path / "target") == "old"
    assert names_in(tmp_path) == ["target"]


@writers
def test_content_is_flushed_before_its_rename_and_the_parent_after(
    tmp_path, monkeypatch, write
):
    events = []
    fsync, replace = os.fsync, os.replace

    def flushed(descriptor):
        events.append(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def moved(source, target):
        events.append("renamed")
        replace(source, target)

    monkeypatch.setattr("os.fsync", flushed)
    monkeypatch.setattr("os.replace", moved)
    write(tmp_path / "target", "new")
    content = {"target"} if write is write_file else {"target", "deep", "file"}
    index = events.index("renamed")
    assert set(events[:index]) == content
    assert events[index + 1 :] == [tmp_path.name]


def kill_in_a_draft(folder):
    with draft_folder(folder) as draft:
        (draft / "file").write_text("part")
        os.kill(os.getpid(), signal.SIGKILL)


def kill_between_the_renames(folder):
    os.replace = lambda source, target: os.kill(os.getpid(), signal.SIGKILL)
    write_folder(folder / "target", "new")


def wait_in_a_draft(folder, entered, leave):
    with atomic_write(folder / "slow") as draft:
        draft.write_text("slow")
        entered.set()
        leave.wait(60)


def start(function, *arguments):
    process = CONTEXT.Process(target=function, args=arguments)
    process.start()
    return process


@pytest.mark.parametrize("write", [kill_in_a_draft, kill_between_the_renames])
def test_the_draft_of_a_killed_writer_is_removed(tmp_path, write):
    write_folder(tmp_path / "target", "old")
    process = start(write, tmp_path)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert any(name.startswith(".draft-") for name in names_in(tmp_path))
    remove_abandoned_drafts(tmp_path)
    assert names_in(tmp_path) == ["target"]
    assert text_of(tmp_path / "target") == "old"


def test_the_draft_of_a_living_writer_stays(tmp_path):
    entered, leave = (CONTEXT.Event() for _ in range(2))
    process = start(wait_in_a_draft, tmp_path, entered, leave)
    assert entered.wait(60)
    write_file(tmp_path / "fast", "fast")
    remove_abandoned_drafts(tmp_path)
    leave.set()
    process.join()
    assert process.exitcode == 0
    assert {name: text_of(tmp_path / name) for name in names_in(tmp_path)} == {
        "fast": "fast",
        "slow": "slow",
    }


def write_many(folder, number):
    for count in range(100):
        write_file(folder / f"{number}", f"{count}")


def test_many_writers_do_not_remove_each_others_drafts(tmp_path):
    processes = [start(write_many, tmp_path, number) for number in range(4)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert {name: text_of(tmp_path / name) for name in names_in(tmp_path)} == {
        f"{number}": "99" for number in range(4)
    }


def test_json_is_written_completely_or_not_at_all(tmp_path):
    path = tmp_path / "file.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    assert names_in(tmp_path) == ["file.json"]
