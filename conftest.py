"""pytest settings for tests/ and notebooks/ alike (a conftest in tests/ does not see notebooks)."""

from pathlib import Path

import pytest


def pytest_configure(config):
    """Let pytest run from any folder: nbval looks for its file from the current one."""
    sanitize = Path(config.option.nbval_sanitize_with)
    config.option.nbval_sanitize_with = str(config.rootpath / sanitize)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Compare what a notebook says, not how it is laid out: nbval has no option to skip html."""
    collectors = yield
    for collector in collectors:
        if file_path.suffix == ".ipynb":
            collector.skip_compare += ("text/html",)
    return collectors
