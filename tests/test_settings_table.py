"""The table of all settings: whole, and the one in docs/."""

import pytest

from modules import families
from modules.contract.profile import PROFILE_NAMES
from pipeline import settings_table
from pipeline.settings import DECLARED, FAMILIES, ROOT, make_settings

GATED = ("transformer", "forest", "vae", "gan")


def test_the_page_in_docs_is_up_to_date() -> None:
    written = (ROOT / "docs" / "settings.md").read_text()
    assert written == settings_table.document(FAMILIES), (
        "python -m pipeline.settings_table makes it"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_setting_has_a_row(family: str) -> None:
    rows = {row.name: row for row in (*settings_table.common(), *settings_table.table(family))}
    assert {name for name, value in DECLARED.items() if not value.mapping} <= set(rows)
    for profile in PROFILE_NAMES:
        chosen = families.load(family).profiles[profile]
        bounds = make_settings(model=family, profile=profile).gates
        # One's own family has no gates of MNIST's at first.
        assert families.load(family).evaluation.brought(bounds) or family not in GATED
        for name, value in bounds.items():
            assert rows[f"gates.{name}"].defaults[profile] == str(value)
        for name, value in chosen.hyperparameters.items():
            assert rows[f"hyperparameters.{name}"].defaults[profile] == str(value)
        assert rows["training.epochs"].defaults[profile] == str(chosen.training.epochs)
    assert rows["data.test_images"].defaults["default"] == "all"
    assert rows["model"].defaults["smoke"] == "transformer"
    assert all(row.kind and row.means for row in rows.values())


def test_the_command_prints_one_family_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert settings_table.main(["--model", "gan"]) == 0
    printed = capsys.readouterr().out
    assert "\n## gan\n" in printed and "\n## vae\n" not in printed
    assert "| `seed` | 1 | a whole number from 0 to 4,294,967,295 | " in printed
    assert str(ROOT) not in printed
