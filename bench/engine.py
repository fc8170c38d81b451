#!/usr/bin/python3
"""Measures the starter's picture tower against ONNX Runtime (float32) on the same network, in one run.

    engine.py --engine starter-engine --model models/starter --work FOLDER [--env FOLDER] [--rounds 15] [--views 20]

The two engines are programs of their own that take turns, a burst of views each, so that both meet the same machine;
the ratio is the median of the rounds' ratios. The other engine's packages come from PyPI into an environment of the
bench's own (--env), in the versions below. Prints one table; ends with status 1 when a row, as the program
computes it, is slower than the other engine, or when the two do not compute the same in float32.

    engine.py --peer ONNX-FILE --model FOLDER         the other engine's side, run in that environment
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time

PACKAGES = ["onnxruntime==1.32.0", "onnx==1.23.2", "numpy==2.4.6"]
# what runs, jobs, processors for each job; each as the program does it (int8 where the processor can) and in float32
ROWS = [("one picture at a time, one processor", 1, 1), ("two jobs of one processor each", 2, 1),
        ("one picture at a time, two processors", 1, 2)]
LEAST_COSINE = 0.99999


# ---- the other engine ----------------------------------------------------------------------------------------------

def picture(config):
    """The bench's picture as the network reads it; bench/engine.c has the same formula."""
    import numpy as np
    size = config["size"]
    y, x, channel = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    rgb = (3 * x + 5 * y + 37 * channel + (x * y >> 4)) & 255
    planar = ((rgb - config["mean"]) / config["std"]).astype(np.float32).transpose(2, 0, 1)
    return np.ascontiguousarray(planar[None])


class Peer:
    """ONNX Runtime behind the lines that bench/engine.c reads."""

    def __init__(self, path, config):
        self.path, self.x, self.sessions = path, picture(config), {}

    def session(self, job, team):
        import onnxruntime
        if (job, team) not in self.sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = team
            options.inter_op_num_threads = 1
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
            self.sessions[job, team] = onnxruntime.InferenceSession(self.path, options,
                                                                    providers=["CPUExecutionProvider"])
        return self.sessions[job, team]

    def run(self, jobs, team, count):
        sessions = [self.session(job, team) for job in range(jobs)]
        ms, barrier = [], threading.Barrier(jobs + 1)

        def work(session):
            for _ in range(2):
                session.run(None, {"x": self.x})
            barrier.wait()
            for _ in range(count):
                start = time.perf_counter()
                session.run(None, {"x": self.x})
                ms.append((time.perf_counter() - start) * 1e3)
            barrier.wait()

        threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
        for thread in threads:
            thread.start()
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        wall = (time.perf_counter() - start) * 1e3
        for thread in threads:
            thread.join()
        return {"wall_ms": wall, "view_ms": statistics.median(ms)}

    def layers(self):
        names = ["features", "logits"]
        return {name: value[0].tolist() for name, value in zip(names, self.session(0, 1).run(names, {"x": self.x}))}


def peer(args):
    with open(os.path.join(args.model, "config.json"), encoding="utf-8") as file:
        config = json.load(file)["picture"]
    if not os.path.exists(args.peer):
        import engine_onnx
        engine_onnx.write(args.model, args.peer)
    side = Peer(args.peer, config)
    for line in sys.stdin:
        words = line.split()
        answer = side.layers() if words == ["layers"] else side.run(*map(int, words[2:]))
        print(json.dumps(answer), flush=True)
    return 0


# ---- both sides ----------------------------------------------------------------------------------------------------

class Side:
    def __init__(self, words):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"engine.py: {self.process.args[0]} gave no answer to: {line}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def environment(folder):
    """The bench's own Python, made once for these versions. Returns its interpreter."""
    stamp, python = os.path.join(folder, "complete"), os.path.join(folder, "bin", "python")
    wanted = "\n".join(PACKAGES)
    if not os.path.exists(stamp) or open(stamp, encoding="utf-8").read() != wanted:
        print(f"Installing {', '.join(PACKAGES)} below {folder}", file=sys.stderr)
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", *PACKAGES],
                       check=True)
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(wanted)
    return python


def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b))
    return dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


def same_answers(ours, theirs):
    a, b = ours.ask("layers"), theirs.ask("layers")
    cosines = {name: cosine(a[name], b[name]) for name in a}
    print("Cosine between the two engines: " + ", ".join(f"{name} {c:.7f}" for name, c in cosines.items()))
    return bool(cosines) and min(cosines.values()) >= LEAST_COSINE


def measure(args, ours, theirs, exact, jobs, team):
    """(ms a view of ours, of theirs, median ratio, ms of our heads); with several jobs a view's share of the time."""
    line, rounds = f"run {exact} {jobs} {team} {args.views}", []
    for turn in range(args.rounds):
        sides = [ours, theirs] if turn % 2 == 0 else [theirs, ours]
        answers = {}
        for side in sides:
            answers[side] = side.ask(line)
            time.sleep(0.1)  # a team that still spins must not meet the other engine
        rounds.append((answers[ours], answers[theirs]))
    each = args.views * jobs
    a, b = ([r[i]["wall_ms"] / each if jobs > 1 else r[i]["view_ms"] for r in rounds] for i in (0, 1))
    ratio = statistics.median(x / y for x, y in zip(a, b))
    return statistics.median(a), statistics.median(b), ratio, statistics.median(r[0]["heads_ms"] for r in rounds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer")
    parser.add_argument("--engine")
    parser.add_argument("--model", required=True)
    parser.add_argument("--work")
    parser.add_argument("--env")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--views", type=int, default=20)
    args = parser.parse_args()
    if args.peer:
        return peer(args)
    if not args.engine or not args.work:
        parser.error("--engine and --work are needed")

    os.makedirs(args.work, exist_ok=True)
    network = os.path.join(args.work, "starter.onnx")
    if os.path.exists(network):
        os.remove(network)  # the model may be another one
    python = environment(args.env or os.path.join(args.work, "env"))
    ours = Side([args.engine, args.model])
    theirs = Side([python, os.path.abspath(__file__), "--peer", network, "--model", args.model])
    good = same_answers(ours, theirs)
    print(f"{PACKAGES[0].replace('==', ' ')}, {os.cpu_count()} processors, {args.rounds} rounds of {args.views} views")
    print("Ours is int8 where the processor can; the last rows are the same tower kept to float32.\n")
    print("| picture tower, ms a view | ours | of it heads | ONNX Runtime f32 | ratio | |")
    print("|---|---|---|---|---|---|")
    for exact in (0, 1):
        for name, jobs, team in ROWS:
            a, b, ratio, heads = measure(args, ours, theirs, exact, jobs, team)
            verdict = "" if exact else "reached" if ratio <= 1 else "MISSED"
            good = good and verdict != "MISSED"
            what = name + (", float32" if exact else "")
            print(f"| {what} | {a:.2f} | {heads:.2f} | {b:.2f} | {ratio:.2f} | {verdict} |", flush=True)
    ours.close()
    theirs.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
