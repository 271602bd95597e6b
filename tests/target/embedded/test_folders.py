from __future__ import annotations

import os
from pathlib import Path

import pytest

from target.embedded import folders
from target.embedded.errors import FolderError


def test_root_is_told_about_a_folder_that_nobody_can_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    with pytest.raises(FolderError, match="nobody"):
        folders.require_others_in(shut)


def test_a_temporary_folder_can_be_entered_and_not_listed_by_others() -> None:
    folder = folders.temporary_folder("test-folders-")
    assert folder.stat().st_mode & 0o777 == 0o711
    assert folders.lets_others_in(folder)
    folder.rmdir()
