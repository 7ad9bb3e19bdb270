"""The doors into the course (pip, conda, CI, README) lead to one and the same environment."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
JOBS = yaml.safe_load(WORKFLOW)["jobs"]

# What conda-forge calls a package that pip knows by another name.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "playwright-python": "playwright"}

EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"] + EXTRAS["test"]]
EVERY = DIRECT + [Requirement(line) for line in EXTRAS["digits"]]


def pins():
    """The version that constraints.txt pins, by canonical name."""
    requirements = [Requirement(line) for line in CONSTRAINTS]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in requirements}


def conda_pins():
    """The version that environment.yml pins, by pip's name."""
    lines = [line for line in CONDA["dependencies"] if isinstance(line, str) and line != "pip"]
    pairs = [line.split("=") for line in lines]
    return {CONDA_NAMES.get(name, name): version for name, version in pairs}


def readme_commands():
    """The lines of the README that install the course and then start something."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^pip install -c constraints\.txt .* && .*$", readme, flags=re.MULTILINE)


def readme_test_command():
    (command,) = [line for line in readme_commands() if line.endswith("pytest")]
    return command


def ci_commands():
    """What .ci/run does inside its virtual environment."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    inside = script.partition("bin/activate")[2].splitlines()[1:]
    return [line for line in inside if line]


def workflow_commands(job):
    """What one job of the workflow runs."""
    return [line for step in JOBS[job]["steps"] for line in step.get("run", "").splitlines()]


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_each_constraint_is_one_exact_version_and_no_address_or_hash(line):
    requirement = Requirement(line)
    assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(requirement.specifier))
    assert requirement.url is None and "://" not in line and "--" not in line


def test_no_package_is_constrained_twice():
    assert len(pins()) == len(CONSTRAINTS)


def test_constraints_stand_in_the_order_of_their_names():
    names = [Requirement(line).name for line in CONSTRAINTS]
    assert names == sorted(names)


@pytest.mark.parametrize("requirement", EVERY, ids=lambda r: r.name)
def test_each_dependency_is_pinned_to_a_version_it_allows(requirement):
    assert requirement.specifier.contains(pins()[requirement.name])


@pytest.mark.parametrize("requirement", EVERY, ids=lambda r: r.name)
def test_each_dependency_has_a_lower_bound_and_no_upper_one(requirement):
    assert {specifier.operator for specifier in requirement.specifier} == {">="}


def test_conda_pins_each_direct_dependency_to_the_version_that_pip_gets():
    expected = {requirement.name: pins()[requirement.name] for requirement in DIRECT}
    assert {name: v for name, v in conda_pins().items() if name != "python"} == expected


def test_conda_takes_a_python_that_the_package_supports():
    assert SpecifierSet(PROJECT["requires-python"]).contains(Version(conda_pins()["python"]))


def test_conda_takes_packages_from_conda_forge_only():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


def test_conda_has_pip_install_the_package_and_nothing_else():
    assert CONDA["name"] == PROJECT["name"]
    assert CONDA["dependencies"][-1] == {"pip": ["-e ."]}
    assert "pip" in CONDA["dependencies"]


def test_readme_gives_a_command_that_opens_the_course_and_one_that_tests_it():
    course, test = readme_commands()
    notebook = re.fullmatch(r"pip install -c \S+ -e \. && jupyter lab (\S+)", course)[1]
    assert (ROOT / notebook).is_file()
    assert test == 'pip install -c constraints.txt -e ".[test]" && pytest'


def test_ci_ends_with_the_test_command_of_the_readme():
    assert ci_commands()[-1] == readme_test_command()


def test_the_workflow_runs_what_ci_runs():
    assert workflow_commands("pinned") == ci_commands()


def test_the_weekly_job_takes_the_newest_versions():
    assert workflow_commands("newest")[-1] == 'pip install --upgrade -e ".[test]" && pytest'


def test_the_workflow_runs_on_the_oldest_supported_python_and_newer_ones():
    versions = JOBS["pinned"]["strategy"]["matrix"]["python-version"]
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert conda_pins()["python"] in versions
