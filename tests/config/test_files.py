from __future__ import annotations

from pathlib import Path

import pytest

from config.files import column, read_table


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_file_has_a_head_line_and_may_begin_with_a_mark(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", '\ufefftenant, mail\nt1 ,"a,b@x"\nt2,c@x\n')
    assert read_table(path) == [{"tenant": "t1", "mail": "a,b@x"}, {"tenant": "t2", "mail": "c@x"}]


@pytest.mark.parametrize("text", ["a,b\n1\n", "a,b\n1,2,3\n"])
def test_a_line_with_another_number_of_cells_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.csv, line 2: has not as many cells as the first line"):
        read_table(written(tmp_path / "a.csv", text))


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(ValueError, match=r"a\.csv can't be read as a UTF-8 table: UnicodeDecodeError"):
        read_table(tmp_path / "a.csv")


def test_a_column_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "tenant,token\nt1,x\nt2,\n")
    table = read_table(path)
    assert column(path, table, "tenant", "key") == ["t1", "t2"]
    with pytest.raises(ValueError, match=r"key: a\.csv has no column 'mail'; it has: tenant, token"):
        column(path, table, "mail", "key")
    with pytest.raises(ValueError, match=r"key: a\.csv has nothing in column 'token' of entry 2"):
        column(path, table, "token", "key")
