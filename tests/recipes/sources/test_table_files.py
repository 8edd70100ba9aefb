"""Tables as programs write them: every format, separator, encoding and compression."""

import bz2
import gzip
import lzma
import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

import recipes
from recipes.sources.location import Location
from recipes.sources.registry import source_of
from recipes.sources.tables.table_format import TableFormat
from recipes.sources.tables.tables import from_frame, read_table
from zoo.errors import InputError

NUMBER = 40
FRAME = pd.DataFrame(
    {
        "size": np.arange(NUMBER) * 1234.5 % 7000,
        "count": np.where(np.arange(NUMBER) % 9, np.arange(NUMBER) % 7, np.nan),
        "place": np.array(["Zürich, See", 'the "Old" Town', "Łódź"])[
            np.arange(NUMBER) % 3
        ],
        "label": np.array(["yes", "no"])[np.arange(NUMBER) // 2 % 2],
    }
)
EUROPEAN = {"sep": ";", "decimal": ",", "index": False}


def compressed(opened):
    def write(path):
        with opened(path, "wt", encoding="utf-8", newline="") as file:
            FRAME.to_csv(file, index=False)

    return write


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._table.csv", b"\0")
        archive.writestr("table.csv", FRAME.to_csv(index=False))


def zstd(path):
    with pyarrow.CompressedOutputStream(str(path), "zstd") as file:
        file.write(FRAME.to_csv(index=False).encode())


def parts(path, write=lambda frame, file: frame.to_csv(file, index=False), end="csv"):
    path.mkdir()
    (path / "_SUCCESS").touch()
    write(FRAME[:15], path / f"part-0.{end}")
    write(FRAME[15:], path / f"part-1.{end}")


def stream(path):
    table = pyarrow.Table.from_pandas(FRAME)
    with pyarrow.ipc.new_stream(str(path), table.schema) as file:
        file.write_table(table)


def excel(path):
    with pd.ExcelWriter(path) as book:
        FRAME.to_excel(book, sheet_name="data", index=False)
        FRAME[:3].to_excel(book, sheet_name="more", index=False)


def csv_of(**options):
    return lambda path: FRAME.to_csv(path, **({"index": False} | options))


FILES = {  # of one frame: the name, who writes it, and what the notes tell
    "commas": ("t.csv", csv_of(), ""),
    "semicolons": ("t.csv", csv_of(sep=";"), "separated by ';'"),
    "tabs": ("t.tsv", csv_of(sep="\t"), "separated by tabs, as .tsv says"),
    "tabs in .csv": ("t.csv", csv_of(sep="\t"), "separated by tabs (--separator"),
    "bars": ("t.csv", csv_of(sep="|"), "separated by '|'"),
    "decimal commas": ("t.csv", csv_of(**EUROPEAN), "',' is the decimal mark"),
    "lines of Windows": ("t.csv", csv_of(lineterminator="\r\n"), ""),
    "lines of old Macs": ("t.csv", csv_of(lineterminator="\r"), ""),
    "byte order mark": ("t.csv", csv_of(encoding="utf-8-sig"), ""),
    "UTF-16": ("t.csv", csv_of(encoding="utf-16"), "UTF-16"),
    "UTF-16, unmarked": ("t.csv", csv_of(encoding="utf-16-le"), "UTF-16-LE"),
    "all quoted": ("t.csv", csv_of(quoting=1), ""),
    "by polars": ("t.csv", lambda path: pl.from_pandas(FRAME).write_csv(path), ""),
    "gz": ("t.csv.gz", compressed(gzip.open), ""),
    "bz2": ("t.CSV.bz2", compressed(bz2.open), ""),
    "xz": ("t.csv.xz", compressed(lzma.open), ""),
    "zst": ("t.csv.zst", zstd, ""),
    "several": ("folder", parts, "2 files are read as one table"),
    "several of parquet": (
        "folder",
        lambda path: parts(path, pd.DataFrame.to_parquet, "parquet"),
        "2 files are read as one table",
    ),
    "parquet": ("t.parquet", lambda path: FRAME.to_parquet(path), ""),
    "parquet by polars": ("t.pq", lambda p: pl.from_pandas(FRAME).write_parquet(p), ""),
    "feather": ("t.feather", lambda path: FRAME.to_feather(path), ""),
    "stream": ("t.arrow", stream, ""),
    "JSON lines": (
        "t.jsonl",
        lambda p: FRAME.to_json(p, orient="records", lines=True),
        "",
    ),
    "JSON list": ("t.json", lambda path: FRAME.to_json(path, orient="records"), ""),
    "JSON lines by polars": (
        "t.ndjson",
        lambda p: pl.from_pandas(FRAME).write_ndjson(p),
        "",
    ),
    "Excel": ("t.xlsx", excel, "the sheet 'data' is read, not more (--sheet"),
}


def check(table, frame=FRAME):
    assert list(table.cells) == list(frame)
    for name in ("size", "count"):
        values = np.asarray(table.cells[name], "float64")
        np.testing.assert_allclose(values, frame[name], rtol=1e-6)
    for name in ("place", "label"):
        assert list(table.cells[name]) == frame[name].tolist()


@pytest.mark.parametrize("name, write, told", FILES.values(), ids=FILES)
def test_a_table_is_the_same_in_every_format(tmp_path, name, write, told):
    path = tmp_path / name
    write(path)
    assert source_of(Location(path)).noun == "a table"
    notes = []
    check(read_table(path, notes=notes))
    assert told in "\n".join(notes)
    assert bool(told) == bool(notes)
    dataset = recipes.load(path)
    assert (dataset.kind, dataset.class_names) == ("table", ("no", "yes"))
    assert {*notes} <= {*dataset.notes}
    assert dataset.columns.names == ("size", "count", "place")


def test_a_zip_file_may_hold_one_table(tmp_path):
    zipped(tmp_path / "t.zip")
    check(read_table(tmp_path / "t.zip"))


def test_what_is_not_found_out_can_be_given(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("имя/число\nя/1,250\nю/2,500\n".encode("koi8-r"))
    form = TableFormat(separator="/", encoding="koi8-r", decimal=",")
    table = read_table(path, form)
    assert list(table.cells["имя"]) == ["я", "ю"]
    assert table.cells["число"].tolist() == [1.25, 2.5]
    frame = FRAME.assign(label=FRAME["label"].replace("yes", "да"))
    frame.to_csv(path, index=False, encoding="utf-8", sep="/")
    dataset = recipes.load(path, separator="/")
    assert dataset.origin["separator"] == "/"
    excel(tmp_path / "t.xlsx")
    assert len(read_table(tmp_path / "t.xlsx", TableFormat(sheet="more")).lines) == 3


def test_text_that_is_not_utf_8_is_read_as_windows_wrote_it(tmp_path):
    path = tmp_path / "t.csv"
    for filling in (0, 200_000):  # the byte may come late
        rows = [f"{n},€ né" if n == filling else f"{n},a" for n in range(filling + 3)]
        path.write_bytes("\n".join(["x,label", *rows]).encode("cp1252"))
        notes = []
        table = read_table(path, notes=notes)
        assert table.cells["label"][filling] == "€ né"
        assert "is not UTF-8 (byte" in notes[0]
        assert "read as cp1252 (--encoding" in notes[0]
    path.write_bytes(b"x,label\n1,\x81\xff\n")
    with pytest.raises(InputError, match=r"is not UTF-8 \(byte 10\).*--encoding"):
        read_table(path)
    with pytest.raises(InputError, match=r"is not ASCII \(byte 10\)"):
        read_table(path, TableFormat(encoding="ascii"))


CELLS = {  # a column as written, and as it is read
    "numbers": (["1", "-2.5", "1e3", ".5"], [1, -2.5, 1000, 0.5]),
    "spaces": ([" 1", "2 ", "", "NA"], [1, 2, np.nan, np.nan]),
    "missing": (["1", "NaN", "null", "-"], [1, np.nan, np.nan, np.nan]),
    "codes": (["007", "012", "1", "2"], ["007", "012", "1", "2"]),
    "codes, some missing": (["", "NA", "007", "12"], ["", "NA", "007", "12"]),
    "large": (["16777217", "2", "3", "4"], [16777217, 2, 3, 4]),
    "words": (["a", " b ", "", "NA"], ["a", "b", "", "NA"]),
    "infinite": (["1", "inf", "2", "3"], ["1", "inf", "2", "3"]),
    "too large": (["1", "1e99", "2", "3"], ["1", "1e99", "2", "3"]),
    "underscores": (["1_000", "2", "3", "4"], ["1_000", "2", "3", "4"]),
    "lines": (["a\nb", "c", "d\r\ne", "f"], ["a\nb", "c", "d\r\ne", "f"]),
    "late words": (["1"] * 300_000 + ["x"], ["1"] * 300_000 + ["x"]),
    "late zeros": (["1"] * 300_000 + ["01"], ["1"] * 300_000 + ["01"]),
    "late large": (["1"] * 300_000 + ["16777217"], [1] * 300_000 + [16777217]),
}


@pytest.mark.parametrize("cells, read", CELLS.values(), ids=CELLS)
def test_cells_are_read_as_they_are_written(tmp_path, cells, read):
    path = tmp_path / "t.csv"
    pd.DataFrame({"x": cells, "y": "z"}).to_csv(path, index=False)
    table = read_table(path)
    if isinstance(read[0], str):
        assert list(table.cells["x"]) == read
    else:
        np.testing.assert_array_equal(table.cells["x"], read)
    assert list(table.as_written("x")) == [cell.strip() for cell in cells]
    kept = table.without(np.array([1]))
    assert list(kept.as_written("x")[:2]) == [cells[0].strip(), cells[2].strip()]


LINES = {  # a text, and the lines of its rows
    "plain": ("x,y\n1,a\n2,b\n", [2, 3]),
    "no last end": ("x,y\n1,a\n2,b", [2, 3]),
    "empty lines": ("\nx,y\n\n1,a\n\n2,b\n\n", [4, 6]),
    "ends inside": ('x,y\n1,"a\nb"\n2,"c"\n', [3, 4]),
    "header of two lines": ('x,"y\nz"\n1,a\n2,b\n', [3, 4]),
    "sep=": ("sep=;\nx;y\n1;a\n2;b\n", [3, 4]),
    "stray quotes": ('x,y\n1,5" pipe\n2,b\n', [2, 3]),
}


@pytest.mark.parametrize("text, lines", LINES.values(), ids=LINES)
def test_rows_have_the_numbers_of_their_lines(tmp_path, text, lines):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    table = read_table(path)
    assert list(table.lines) == lines
    assert table.where(1) == f"line {lines[1]}"
    assert table.cells["x"].tolist() == [1, 2]


def test_cells_may_be_of_any_length(tmp_path):
    texts = ["long " * 2**18, "short", "other " * 2**16]
    pd.DataFrame({"text": texts, "label": list("aba")}).to_csv(tmp_path / "t.csv")
    table = read_table(tmp_path / "t.csv")
    assert list(table.cells["text"]) == [text.strip() for text in texts]


def test_a_column_may_have_no_letter(tmp_path):
    (tmp_path / "t.csv").write_text("x,nothing,y\n1,,a\n2,,b\n")
    table = read_table(tmp_path / "t.csv")
    assert table.cells["x"].tolist() == [1, 2]
    assert list(table.as_written("nothing")) == ["", ""]


@pytest.mark.parametrize("columns", [1000, 40_000])
def test_a_table_may_have_many_columns(tmp_path, columns):
    names = ",".join(f"x{n}" for n in range(columns))
    row = ",".join(["1.5"] * columns)
    (tmp_path / "t.csv").write_text(f"{names}\n{row}\n{row}\n")
    table = read_table(tmp_path / "t.csv")
    assert (len(table.cells), len(table.lines)) == (columns, 2)


BAD = {  # the content of a file, and what the sentence tells
    "short row": ("t.csv", b"x,y\n1,2\n3\n", "line 3: 1 values for 2 columns"),
    "short row later": (
        "t.csv",
        b"x,y\n" + b"1,2\n" * 200_000 + b"3,4,5\n",
        "line 200002: 3 values for 2 columns",
    ),
    "open quotation": ("t.csv", b'x,y\n1,"a\n2,b\n', "line 3: not a table"),
    "twice": ("t.csv", b"x,y,x\n1,2,3\n", "several columns 'x'"),
    "header alone": ("t.csv", b"x,y\n", "no rows below its header"),
    "empty": ("t.csv", b"", "no rows below its header"),
    "not compressed": ("t.csv.gz", b"x,y\n1,2\n", "Cannot read .*t.csv.gz: Not a gzip"),
    "cut off": (
        "t.csv.gz",
        gzip.compress(b"x,y\n1,2\n")[:-9],
        "Cannot read .*t.csv.gz",
    ),
    "not parquet": ("t.parquet", b"x,y\n1,2\n", "t.parquet is damaged"),
    "not feather": ("t.feather", b"x,y\n1,2\n", "t.feather is damaged"),
    "not Excel": ("t.xlsx", b"x,y\n1,2\n", "t.xlsx is damaged, or not a workbook"),
    "not JSON": ("t.json", b'{"x": 1}\n{"x" 2}\n', "line 2: it is not JSON"),
    "nested": ("t.json", b'{"x": [1]}\n', "line 1: 'x' holds more than one value"),
    "not objects": (
        "t.json",
        b"[1, 2]",
        "number 1, must be an object in braces, got 1",
    ),
    "another name": ("t.dat", b"x,y\n1,2\n", "not a table by its name.*.csv, .tsv"),
}


@pytest.mark.parametrize("name, content, message", BAD.values(), ids=BAD)
def test_damaged_files_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / name)


FORMS = {
    "two marks": ({"separator": ",", "decimal": ","}, "are both ','"),
    "separator": ({"separator": ";;"}, "must be one character"),
    "encoding": ({"encoding": "utf-9"}, "must be an encoding"),
    "binary encoding": ({"encoding": "base64"}, "must be an encoding"),
}


@pytest.mark.parametrize("options, message", FORMS.values(), ids=FORMS)
def test_forms_that_cannot_be_are_refused(tmp_path, options, message):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match=message):
        recipes.load(tmp_path / "t.csv", **options)


def test_what_a_form_says_without_need_is_told(tmp_path):
    FRAME.to_parquet(tmp_path / "t.parquet")
    notes = recipes.load(tmp_path / "t.parquet", separator=";").notes
    assert "`separator` ';' (--separator) is not used: t.parquet has none" in notes


def test_files_of_one_table_have_the_same_columns(tmp_path):
    parts(tmp_path / "folder")
    (tmp_path / "folder" / "part-1.csv").write_text("size,count,other,label\n1,2,3,4\n")
    with pytest.raises(InputError, match=r"only one of part-0\.csv and part-1\.csv"):
        recipes.load(tmp_path / "folder")
    (tmp_path / "folder" / "part-1.csv").write_text("size,count,place,label\n1,2,3\n")
    with pytest.raises(InputError, match=r"part-1\.csv, line 2: 3 values for 4"):
        recipes.load(tmp_path / "folder")
    (tmp_path / "folder" / "part-1.csv").rename(tmp_path / "folder" / "test.csv")
    with pytest.raises(InputError, match=r"test\.csv is named like a part"):
        recipes.load(tmp_path / "folder")


def test_a_workbook_needs_its_extra(tmp_path, monkeypatch):
    excel(tmp_path / "t.xlsx")
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(InputError, match=r"zoo-keras\[excel\]"):
        recipes.load(tmp_path / "t.xlsx")


TYPED = FRAME.assign(
    count=pd.array(FRAME["count"], "Int64"),
    grade=pd.Categorical(np.arange(NUMBER) % 3 + 1),
    flag=pd.array([True, False, None, True] * 10, "boolean"),
    day=pd.date_range("2024-01-01", periods=NUMBER, tz="UTC"),
    ratio=pd.array(np.arange(NUMBER) / 7, "Float32"),
)
FRAMES = {
    "pandas": TYPED,
    "pandas of pyarrow": FRAME.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas(FRAME),
    "pyarrow": pyarrow.Table.from_pandas(TYPED),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_frames_are_read_as_files_are(frame):
    check(from_frame(frame), FRAME if len(frame.columns) == 4 else TYPED)


CATEGORIES = {
    "pandas": TYPED[["grade", "label"]],
    "polars": pl.DataFrame(
        {
            "grade": pl.Series([*"123"] * 20, dtype=pl.Categorical),
            "label": [*"aabb"] * 15,
        }
    ),
    "pyarrow": pyarrow.table(
        {
            "grade": pyarrow.array(["1", "2", "3", None] * 10).dictionary_encode(),
            "label": [*"ab"] * 20,
        }
    ),
}


@pytest.mark.parametrize("form", ["frame", "parquet", "from_arrays"])
@pytest.mark.parametrize("frame", CATEGORIES.values(), ids=CATEGORIES)
def test_categories_that_are_numbers_stay_categories(tmp_path, frame, form):
    if form == "frame":
        dataset = recipes.load(frame)
    elif form == "from_arrays":
        dataset = recipes.from_arrays({"grade": frame["grade"]}, frame["label"])
    else:
        names = ("to_parquet", "write_parquet")
        methods = [getattr(frame, name) for name in names if hasattr(frame, name)]
        path = tmp_path / "t.parquet"
        if methods:
            methods[0](path)
        else:
            pyarrow.parquet.write_table(frame, path)
        dataset = recipes.load(path)
    (grade,) = dataset.columns.columns
    assert {*"123"} == {*grade.categories} - {""}
