"""How does a class fare on one small server, with frames drawn ahead and without?

    python benchmarks/class_of_thirty.py
    python benchmarks/class_of_thirty.py --students 10 --seconds 30

So many kernels run a lab each. Of each, a student without a browser drags the learning rate: ten
positions, a tenth of a second from one to the next, then a pause of 2 to 6 seconds, in which, with
frames ahead, the kernel is asked for them as a page does. Told are the times from an event to the
frame that answers it, how busy the processors were, and the memory of a kernel.
"""

import argparse
import asyncio
import random
import statistics
import time

import psutil
from jupyter_client.manager import start_new_async_kernel

CELL = """
import os
os.environ["MOMENTUM_LAB_AHEAD"] = "{}"
from momentum_lab.labs import network_lab
lab = network_lab()
"""
ABOUT = "(lab.screen.model_id, lab.learning_rate.slider.model_id)"
SHOWN_AT = [814, 1, 1]
AT_ONCE = 8  # frames asked for, as screen.js does


class Student:
    """One kernel with a lab, and what a page would keep of it."""

    async def start(self, switch):
        self.manager, self.client = await start_new_async_kernel(kernel_name="python3")
        await self.client._async_execute_interactive(CELL.format(switch), output_hook=lambda _: 0)
        reply = await self.client._async_execute_interactive(
            "", user_expressions={"about": ABOUT}, output_hook=lambda _: 0
        )
        told = reply["content"]["user_expressions"]["about"]["data"]["text/plain"]
        self.screen, self.slider = (part.strip("' ()") for part in told.split(","))
        self.frame, self.held, self.arrived = {}, set(), asyncio.Event()
        self.reader = asyncio.create_task(self.read())
        await self.event(self.screen, shown_at=SHOWN_AT)

    async def stop(self):
        self.reader.cancel()
        self.client.stop_channels()
        await self.manager.shutdown_kernel(now=True)

    def send(self, comm, **state):
        data = {"method": "update", "state": state, "buffer_paths": []}
        content = {"comm_id": comm, "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    async def read(self):
        while True:
            message = await self.client.get_iopub_msg()
            if message["msg_type"] != "comm_msg":
                continue
            data = message["content"]["data"]
            if "frame" in data.get("state", {}):
                self.frame = data["state"]["frame"]
                self.arrived.set()
            elif data["method"] == "custom" and "context" in data["content"]:
                self.held.add(tuple(data["content"]["at"]))

    async def event(self, comm, **state):
        """Send an event; return the seconds until its frame is here."""
        self.arrived.clear()
        start = time.monotonic()
        self.send(comm, **state)
        await self.arrived.wait()
        return time.monotonic() - start

    async def study(self, seconds, switch, chance):
        """Drag and pause for some time; return the seconds of each event."""
        times, position, asked = [], 17, 2
        await asyncio.sleep(chance.uniform(0, 5))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            way = 1 if position < 25 else -1
            for _ in range(10):
                position += way
                times.append(await self.event(self.slider, value=position))
                await asyncio.sleep(0.1)
            self.held.clear()
            rest = time.monotonic() + chance.uniform(2, 6)
            while (left := rest - time.monotonic()) > 0:
                first = len(self.held)
                if switch == "on" and first < 160:
                    near = [[i % 2, position + (i + 2) // 2 * (-1) ** i] for i in range(160)]
                    moves = near[first : first + AT_ONCE]
                    asked += 1
                    self.send(self.screen, want=[self.frame["context"], moves, asked])
                await asyncio.sleep(min(0.2, left))
        return times


async def class_of(n_students, seconds, switch):
    students = [Student() for _ in range(n_students)]
    try:
        start = time.monotonic()
        await asyncio.gather(*(student.start(switch) for student in students))
        opened = time.monotonic() - start
        psutil.cpu_percent()
        every = [
            student.study(seconds, switch, random.Random(i)) for i, student in enumerate(students)
        ]
        times = [1000 * t for of_one in await asyncio.gather(*every) for t in of_one]
        busy = psutil.cpu_percent()
        kernels = [psutil.Process(student.manager.provisioner.process.pid) for student in students]
        memory = statistics.median(kernel.memory_info().rss / 1e6 for kernel in kernels)
        median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        print(
            f"frames ahead {switch:4}{opened:7.0f} s{median:10.0f} ms{late:8.0f} ms"
            f"{max(times):8.0f} ms{busy:8.0f} %{memory:9.0f} MB{len(times):8}"
        )
    finally:
        await asyncio.gather(*(student.stop() for student in students))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    print(f"{options.students} kernels on {psutil.cpu_count()} processors")
    print(f"{'':17}all open    median    95 %     slowest    busy   a kernel  events")
    for switch in ("off", "on"):
        asyncio.run(class_of(options.students, options.seconds, switch))


if __name__ == "__main__":
    main()
