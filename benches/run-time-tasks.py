"""Prints medians of the graphs of `run-time-tasks` in aiodag and dagio; `run-time-tasks.sh` installs them."""

import asyncio
import statistics
import time

import aiodag
import dagio

PASSES = 41


def aiodag_graphs(wait):
    async def step(*numbers):
        await wait()
        return sum(numbers) + 1

    @aiodag.task
    async def first(number):
        return await step(number)

    @aiodag.task
    async def next_one(number):
        return await step(number)

    @aiodag.task
    async def both(left, right):
        return await step(left, right)

    async def chain():
        last = first(1)
        for _ in range(99):
            last = next_one(last)
        await last

    async def fan():
        source = first(1)
        middle = [next_one(source) for _ in range(100)]

        async def total():
            return await step(*(task.result() for task in middle))

        # A list of tasks is no argument of a task: they are dependencies beside it.
        await aiodag.task(total, *middle)()

    async def diamond():
        a = first(1)
        b, c = next_one(a), next_one(a)
        d = both(b, c)
        await both(next_one(d), next_one(d))

    return {"chain of 100": chain, "fan-out 1-100-1": fan, "7-task diamond": diamond}


def dagio_graphs(wait):
    def graph(dependencies, last):
        def method(name):
            async def run(self):
                await wait()
                self.results[name] = sum(self.results[needed] for needed in dependencies[name]) + 1

            return dagio.depends(*dependencies[name])(run)

        shape = type("Graph", (), {name: method(name) for name in dependencies})

        async def run():
            one = shape()
            one.results = {}
            await getattr(one, last)()

        return run

    chain = {f"t{place}": [f"t{place - 1}"] if place else [] for place in range(100)}
    middle = [f"m{place}" for place in range(100)]
    fan = {"source": [], **{name: ["source"] for name in middle}, "total": middle}
    diamond = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["d"], "f": ["d"], "g": ["e", "f"]}
    return {
        "chain of 100": graph(chain, "t99"),
        "fan-out 1-100-1": graph(fan, "total"),
        "7-task diamond": graph(diamond, "g"),
    }


async def median(graph):
    times = []
    for _ in range(PASSES):
        start = time.perf_counter()
        await graph()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


async def at_once():
    pass


async def one_wake():
    await asyncio.sleep(0)


async def main():
    print("| graph | bodies | aiodag 0.4 | dagio 0.0.2 |")
    print("|---|---|---|---|")
    for bodies, wait in {"at once": at_once, "one wake": one_wake}.items():
        others = dagio_graphs(wait)
        for name, graph in aiodag_graphs(wait).items():
            print(f"| {name} | {bodies} | {await median(graph):.0f} us | {await median(others[name]):.0f} us |")


asyncio.run(main())
