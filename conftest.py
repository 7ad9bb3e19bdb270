"""pytest settings for tests/ and notebooks/ alike (a conftest in tests/ does not see notebooks)."""

from pathlib import Path

import pytest

FIRST, SECOND = "test_browser.py", "test_browser_screen.py"


def pytest_configure(config):
    """Let pytest run from any folder: nbval looks for its file from the current one."""
    sanitize = Path(config.option.nbval_sanitize_with)
    config.option.nbval_sanitize_with = str(config.rootpath / sanitize)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config):
    """Named files run here, folders in one worker a processor: workers take seconds to start."""
    named = [Path(argument.partition("::")[0]) for argument in config.args]
    return None if any(path.is_dir() for path in named) else 0


def pytest_collection_modifyitems(items):
    """Begin with the longest file; the other browser follows it: one is enough for two cores."""
    items.sort(key=lambda item: _turn(item.path))


def _turn(path):
    is_in_a_folder = path.parent.parent.name == "tests"
    return {FIRST: 0, SECOND: 2}.get(path.name, 1 if is_in_a_folder else 3)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Compare what a notebook says, not how it is laid out: nbval has no option to skip html."""
    collectors = yield
    for collector in collectors:
        if file_path.suffix == ".ipynb":
            collector.skip_compare += ("text/html",)
    return collectors
