"""What a person sees of a run, and what the log keeps of it."""

import io

import pytest

from modules.training.progress import Progress
from pipeline.screen import EVERY, Screen


def test_the_log_gets_each_line_as_plain_text_and_the_screen_no_notes() -> None:
    file, log = io.StringIO(), io.StringIO()
    screen = Screen(file, log)
    screen.say("vae, output /a [b]")
    screen.note("seed = 1")
    screen.finish("Trainer", "done", 1.25, "val_loss [bold]1.0")
    line = "  done    Trainer              1.2 s  val_loss [bold]1.0"
    assert file.getvalue().splitlines() == ["vae, output /a [b]", line]
    assert log.getvalue().splitlines() == ["vae, output /a [b]", "seed = 1", line]


def test_without_a_terminal_a_node_that_takes_long_says_so_now_and_then() -> None:
    file = io.StringIO()
    screen = Screen(file)
    screen.start("Trainer")
    half = Progress("training", 50, 100, "val accuracy 0.9", "epoch 1/2")
    screen.show_progress(half)
    assert file.getvalue() == ""
    screen._spoken -= 60.0
    screen.show_progress(half)
    assert file.getvalue() == "  Trainer:  50% epoch 1/2, val accuracy 0.9\n"


def test_how_often_it_says_so_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EVERY, "0")
    file = io.StringIO()
    screen = Screen(file)
    screen.start("Trainer")
    screen.show_progress(Progress("training", 1, 2))
    assert file.getvalue() == "  Trainer:  50% \n"
