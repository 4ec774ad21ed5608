"""Settings: from files and the environment, merged, and written back without losing a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.cli.commands import COMMANDS
from optrace.cli.config import Config, project_file, read_config, remember, user_file
from optrace.cli.main import parser_of
from optrace.core.errors import Usage


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_any_file_the_defaults_hold(environ: dict[str, str], project: Path) -> None:
    assert read_config(environ, project) == Config()


def test_the_project_goes_before_the_user_and_tables_are_merged(environ: dict[str, str], project: Path) -> None:
    write(user_file(environ), 'profile = "rfc"\ntheme = "dark"\n[filters]\na = "sig:fail"\nb = "status:4xx"\n')
    write(project / "optrace.toml", 'profile = "rafiki"\n[filters]\nb = "status:5xx"\n')
    config = read_config(environ, project)
    assert (config.profile, config.theme) == ("rafiki", "dark")
    assert config.filters == {"a": "sig:fail", "b": "status:5xx"}


def test_the_environment_goes_before_both(environ: dict[str, str], project: Path) -> None:
    write(project / "optrace.toml", 'profile = "rafiki"\n')
    assert read_config({**environ, "OPTRACE_PROFILE": "rfc"}, project).profile == "rfc"


def test_the_nearest_project_file_above_counts(environ: dict[str, str], project: Path) -> None:
    write(project / "optrace.toml", 'theme = "above"\n')
    below = project / "a" / "b"
    below.mkdir(parents=True)
    assert read_config(environ, below).theme == "above"
    assert project_file(below) == project / "optrace.toml"


@pytest.mark.parametrize(
    ("text", "title", "remedy"),
    [
        ('profil = "rfc"', "there is no setting called profil", "Did you mean profile?"),
        ('profile = "rafki"', "profile can't be rafki", "Say one of rfc, open-payments, rafiki."),
        ("theme = 3", "theme must be a text", 'Write it in quotes: theme = "...".'),
        ('filters = "sig:fail"', "filters must be a table", "Write a line [filters]"),
        ("[keys]\ndown = 3", "keys.down must be a text", "Write a line [keys]"),
        ("profile = ", "is no TOML", "Mend that line."),
        ("\xff", "is no TOML", "Mend that line."),
    ],
)
def test_a_wrong_file_says_where_and_what(
    environ: dict[str, str], project: Path, text: str, title: str, remedy: str
) -> None:
    path = project / "optrace.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(Usage) as caught:
        read_config(environ, project)
    assert str(path) in caught.value.title
    assert title in caught.value.title
    assert remedy in caught.value.remedy


def test_a_wrong_variable_is_named(environ: dict[str, str], project: Path) -> None:
    with pytest.raises(Usage, match="OPTRACE_COLOR: color can't be purple"):
        read_config({**environ, "OPTRACE_COLOR": "purple"}, project)


def test_what_is_remembered_leaves_the_rest_of_the_file_alone(environ: dict[str, str], project: Path) -> None:
    path = project / "optrace.toml"
    write(path, '# ours\nprofile = "rfc"  # by the book\n\n[filters]\n"a b" = "x"  # keep\n')
    remember(path, "filters", {"new": 'sig:fail "quoted"', "a b": "y"})
    remember(path, "lanes", {"rs.example": "s.rs"})
    text = path.read_text()
    assert "# ours" in text
    assert "# by the book" in text
    config = read_config(environ, project)
    assert config.filters == {"a b": "y", "new": 'sig:fail "quoted"'}
    assert config.lanes == {"rs.example": "s.rs"}
    remember(path, "filters", {"new": None, "unknown": None})
    assert read_config(environ, project).filters == {"a b": "y"}


def test_a_setting_of_the_top_level_is_remembered_above_the_tables(environ: dict[str, str], project: Path) -> None:
    path = project / "optrace.toml"
    write(path, '[filters]\na = "x"\n')
    remember(path, "", {"theme": "light"})
    config = read_config(environ, project)
    assert (config.theme, config.filters) == ("light", {"a": "x"})


def test_a_file_that_is_wrong_is_not_written_over(project: Path) -> None:
    path = project / "optrace.toml"
    write(path, "profile = ")
    with pytest.raises(Usage, match="is no TOML"):
        remember(path, "filters", {"a": "b"})
    assert path.read_text() == "profile = "


def test_settings_are_the_defaults_of_flags(environ: dict[str, str]) -> None:
    parser = parser_of(COMMANDS["ls"], Config(profile="rafiki", color="never"))
    args = parser.parse_args(["session.optrace"])
    assert (args.profile, args.color) == ("rafiki", "never")
    assert parser.parse_args(["session.optrace", "--profile", "rfc"]).profile == "rfc"
    assert parser_of(COMMANDS["version"], Config(profile="rafiki")).parse_args([]).config.profile == "rafiki"
