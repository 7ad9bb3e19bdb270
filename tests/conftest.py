import os

import pytest
from browser import find_chromium
from hypothesis import settings

# The same examples in every run, and no deadline: the first call of a kernel compiles it.
settings.register_profile("momentum_lab", deadline=None, derandomize=True)
settings.load_profile("momentum_lab")


@pytest.fixture(scope="session")
def chromium_path():
    path = find_chromium()
    if path is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop("no Chromium or Chrome on the PATH, and CHROMIUM names none")
    return path
