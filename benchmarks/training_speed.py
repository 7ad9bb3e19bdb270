"""How fast is `train()`? Against the same loops in C, numpy with the pure rule, scikit-learn.

    python benchmarks/training_speed.py

One table from one run: 6,000 online updates (40 epochs of iris) of the 4-7-3 network with
heavy-ball momentum. The candidates take turns and are measured in processor time, so that a busy
machine disturbs little; the ratios count. Then a second process: what a reader waits for.
"""

import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

from momentum_lab import Network, data, heavy_ball, train

HERE = Path(__file__).parent
NETWORK = Network(4, 7, 3)
IRIS = data.iris().standardized()
LEARNING_RATE, MOMENTUM, SEED = 0.01, 0.9, 0
EPOCHS = 40
N_UPDATES = EPOCHS * IRIS.n_items
ROUNDS, CALLS_A_TURN = 20, 5
FLAGS = ["-O3", "-march=native", "-ffast-math"]


def start():
    """The weights and the order of the items that `train` draws from the seed."""
    rng = np.random.default_rng(SEED)
    weights = NETWORK.initial_weights(rng)
    return weights, np.concatenate([rng.permutation(IRIS.n_items) for _ in range(EPOCHS)])


def ours():
    return train(
        NETWORK, IRIS, "heavy_ball", LEARNING_RATE, MOMENTUM, epochs=EPOCHS, seed=SEED
    ).weights


def c_program():
    """Compile the C loops and return them as a function, or None when there is no compiler."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "online_training.so"
        source = HERE / "online_training.c"
        subprocess.run(
            [compiler, *FLAGS, "-shared", "-fPIC", "-o", library, source, "-lm"], check=True
        )
        function = ctypes.CDLL(str(library)).train
    floats = np.ctypeslib.ndpointer(np.float64, flags="C")
    numbers = np.ctypeslib.ndpointer(np.int64, flags="C")
    function.argtypes = [*[ctypes.c_int] * 3, ctypes.c_int64, floats, floats, numbers]
    function.argtypes += [ctypes.c_double, ctypes.c_double, floats, floats]
    function.restype = None
    sizes = NETWORK.n_inputs, NETWORK.n_hidden, NETWORK.n_outputs
    first, order = start()
    items = np.array(IRIS.inputs), np.array(IRIS.targets)

    def in_c():
        weights, errors = first.copy(), np.empty(N_UPDATES)
        function(*sizes, N_UPDATES, *items, order, LEARNING_RATE, MOMENTUM, weights, errors)
        return weights

    return in_c


def in_numpy(n_updates=IRIS.n_items):
    """The same with numpy's matrices and the package's pure rule."""
    weights, order = start()
    memory, errors = np.zeros_like(weights), np.empty(n_updates)
    for update, item in enumerate(order[:n_updates]):
        x, t = IRIS.inputs[item], IRIS.targets[item]
        ih_weights, h_biases, ho_weights, o_biases = NETWORK.unpack(weights)
        hidden = np.tanh(x @ ih_weights + h_biases)
        sums = hidden @ ho_weights + o_biases
        powers = np.exp(sums - sums.max())
        outputs = powers / powers.sum()
        errors[update] = -np.log(outputs @ t)
        slope = outputs - t
        hidden_slope = (ho_weights @ slope) * (1 - hidden * hidden)
        parts = np.outer(x, hidden_slope).ravel(), hidden_slope, np.outer(hidden, slope).ravel()
        gradient = np.concatenate([*parts, slope])
        weights, memory = heavy_ball(weights, gradient, memory, LEARNING_RATE, MOMENTUM)
    return weights


def scikit_learn():
    """Return a function that trains an MLPClassifier for one more epoch."""
    classifier = MLPClassifier(
        hidden_layer_sizes=(NETWORK.n_hidden,),
        activation="tanh",
        solver="sgd",
        alpha=0,
        batch_size=1,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        random_state=SEED,
    )
    labels = IRIS.targets.argmax(axis=1)

    def in_scikit_learn():
        classifier.partial_fit(IRIS.inputs, labels, classes=[0, 1, 2])

    return in_scikit_learn


def take_turns(candidates):
    """Return the processor seconds of each candidate's calls; a new one begins each round."""
    seconds = {name: [] for name in candidates}
    for function, _ in candidates.values():
        function()  # what happens only once is not measured
    for first in range(ROUNDS):
        for i in range(len(candidates)):
            name, (function, _) = list(candidates.items())[(first + i) % len(candidates)]
            for _ in range(CALLS_A_TURN):
                started = time.process_time()
                function()
                seconds[name].append(time.process_time() - started)
    return seconds


SECOND_PROCESS = """
import time
started = time.perf_counter()
import momentum_lab
package = time.perf_counter()
from momentum_lab import train
imported = time.perf_counter()
run = train(momentum_lab.Network(4, 7, 3), momentum_lab.data.iris(), "heavy_ball", 0.01, 0.9)
print(package - started, imported - started, time.perf_counter() - imported)
"""


N_PROCESSES = 7


def second_process():
    """Return the median seconds of the two imports and of the first training after them."""
    times = []
    for _ in range(N_PROCESSES + 1):
        process = subprocess.run(
            [sys.executable, "-c", SECOND_PROCESS], capture_output=True, text=True, check=True
        )
        times.append([float(text) for text in process.stdout.split()])
    return [statistics.median(column) for column in zip(*times[1:], strict=True)]


def row(name, us, reference):
    """Print the median and the best time of one update in µs, each also as × the reference's."""
    median, best = statistics.median(us), min(us)
    ratios = median / statistics.median(reference), best / min(reference)
    print(f"{name:36}{median:9.3f}{ratios[0]:8.2f}{best:12.3f}{ratios[1]:8.2f}")


def main():
    candidates = {"train()": (ours, N_UPDATES)}
    in_c = c_program()
    if in_c is None:
        print("No C compiler (neither $CC nor gcc): the comparison with C is left out.")
    else:
        candidates[f"C {' '.join(FLAGS)}"] = (in_c, N_UPDATES)
        difference = np.abs(in_c() - ours()).max()
        print(
            f"After {N_UPDATES:,} updates our weights and C's differ by {difference:.1e} at most."
        )
    difference = np.abs(in_numpy(N_UPDATES) - ours()).max()
    print(
        f"After {N_UPDATES:,} updates our weights and numpy's differ by {difference:.1e} at most."
    )
    candidates["numpy and the pure rule"] = (in_numpy, IRIS.n_items)
    candidates["scikit-learn MLPClassifier"] = (scikit_learn(), IRIS.n_items)

    seconds = take_turns(candidates)
    us = {
        name: [1e6 * value / n_updates for value in seconds[name]]
        for name, (_, n_updates) in candidates.items()
    }
    print(
        f"\nprocessor µs for an online update, {ROUNDS} rounds of {CALLS_A_TURN} calls each in turn"
    )
    print(f"{'':36}{'median':>9}{'× ours':>8}{'best':>12}{'× ours':>8}")
    for name in candidates:
        row(name, us[name], us["train()"])
    if in_c is not None:
        print(f"{'':36}{'median':>9}{'× C':>8}{'best':>12}{'× C':>8}")
        row("train()  (goal: 2.5 × C at most)", us["train()"], us[f"C {' '.join(FLAGS)}"])
    print("goal for scikit-learn: 100 × ours at least")

    package, with_train, first = second_process()
    print(
        f"\nA second process (median of {N_PROCESSES}): import momentum_lab {package:.3f} s, "
        f"with train {with_train:.3f} s;\nthen its first trained network, 7,500 updates: "
        f"{first:.4f} s (goal: below 0.1)"
    )


if __name__ == "__main__":
    main()
