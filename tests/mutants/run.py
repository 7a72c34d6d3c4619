#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py - changes one thing in the source at a time, and demands that the test which is named for
it fails

    run.py [--jobs N] [--only WORD] LIST...
    run.py --check LIST...                              only whether each can still be made

A list (tests/mutants/*.txt) has a block a mutant, blocks are separated by empty lines:

    mutant: the class of an intent after the intent     what is wrong then
    file: lib/ledger.h
    test: tests/unit/test_ledger                        program, without build/; or "test: PROGRAM
                                                        test_NAME"
    -	poke(run->intent, SHUNT_INTENT(slot, cons));      text that is there once in the file ...
    + ... ... and what takes its place ("+" may be missing)

or, for two pieces of text that change places, one before the other in the file:

    swap:
    1	poke(run->tx_end, prod);
    2	poke(run->tx_set, 1);

A block that begins with "test:" says of a program what else make has to build for it ("builds:"),
whether it runs alone ("alone: yes": it needs all CPUs) and in what environment ("env: NAME=VALUE")
it has to fail.

Each job has a copy of the tree, in which make builds what the test needs. First each program runs
on the unchanged tree, and must pass. Then for each mutant, the program must fail: with "not ok" for
the test that is named (any, if none is), where it is stopped, or by dying in it. Exits with 0 if
all mutants are killed. A mutant whose text is not there once, or that does not build, is an error:
the list has to follow the source.
"""
import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT_S = 120


class Bad(Exception):
    """A mutant that cannot be judged."""


def read_block(lines, where):
    block = {'where': where, 'take': [], 'put': [], 'first': [], 'second': []}
    texts = {'-': 'take', '+': 'put', '1': 'first', '2': 'second'}
    for line in lines:
        if line[0] in texts:
            block[texts[line[0]]].append(line[1:])
            continue
        key, colon, value = line.partition(':')
        if not colon:
            sys.exit(f'{where}: neither a "key:" nor text: {line}')
        block[key] = value.strip()
    return block


def read_list(path):
    tests, mutants, lines = {}, [], []
    with open(path) as f:
        for number, line in enumerate(list(f) + ['\n'], 1):
            line = line.rstrip('\n')
            if line.startswith('#'):
                continue
            if line:
                lines.append(line)
                continue
            if not lines:
                continue
            block = read_block(lines, f'{os.path.relpath(path, ROOT)}:{number - len(lines)}')
            if 'mutant' in block:
                mutants.append(block)
            else:
                tests[block['test']] = block
            lines = []
    return tests, mutants


def once(text, part, block):
    n = text.count(part)
    if n != 1:
        raise Bad(f'{block["where"]}: the text to change is {n} times in '
                  f'{block["file"]}, not once: '
                  f'the source has moved, so has the mutant to: {part.strip()}')


def mutate(text, block):
    if block['first']:
        a, b = '\n'.join(block['first']) + '\n', '\n'.join(block['second']) + '\n'
        once(text, a, block)
        once(text, b, block)
        before, after = text.split(a)
        if b not in after:
            raise Bad(f'{block["where"]}: 2 does not come behind 1 in {block["file"]}')
        between, after = after.split(b)
        return before + b + between + a + after
    old = '\n'.join(block['take']) + '\n'
    once(text, old, block)
    return text.replace(old, ''.join(line + '\n' for line in block['put']))


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run(command, cwd, limit=LIMIT_S, env=None, enough=None):
    """Status and output; status None: it took too long. A line that matches "enough" ends it."""
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True,
                          errors='replace', start_new_session=True, env=env) as p:
        late = threading.Event()

        def end():
            late.set()
            kill(p)

        timer = threading.Timer(limit, end)
        timer.start()
        lines = []
        for line in p.stdout:
            lines.append(line)
            if enough and enough.match(line):
                kill(p)
                break
        status = p.wait()
        timer.cancel()
        return None if late.is_set() else status, ''.join(lines)


class Tree:
    """A copy of the tree, and what was built in it."""

    def __init__(self, folder, tests):
        self.folder, self.tests = folder, tests
        self.passed = {}
        files = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=ROOT,
                               check=True,
                               stdout=subprocess.PIPE).stdout.split(b'\0')
        for name in filter(None, map(os.fsdecode, files)):
            at = os.path.join(folder, name)
            os.makedirs(os.path.dirname(at), exist_ok=True)
            if os.path.exists(os.path.join(ROOT, name)):
                shutil.copy2(os.path.join(ROOT, name), at, follow_symlinks=False)

    def build(self, program):
        also = self.tests.get(program, {}).get('builds', '').split()
        return run(['make', '--no-print-directory', f'build/{program}'] + also, self.folder, 600)

    def try_test(self, program, more='', enough=None):
        """Names that failed, and how it ended."""
        env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT='TAP', TMPDIR=self.folder,
                   UBSAN_OPTIONS='halt_on_error=1', TSAN_OPTIONS='halt_on_error=1',
                   **dict(e.split('=', 1) for e in more.split()))
        status, out = run([f'build/{program}'], self.folder, env=env, enough=enough)
        failed = re.findall(r'^not ok \d+ - (\S+)', out, re.M)
        ok = re.findall(r'^ok \d+ - (\S+)', out, re.M)
        plan = re.search(r'^1\.\.(\d+)', out, re.M)
        skipped = status == 77 or bool(re.search(r'^ok.*# SKIP', out, re.M))
        left_out = re.findall(r'^not ok \d+ # SKIP', out, re.M)  # cmocka's: what LONG=1 is for
        whole = plan and len(failed) + len(ok) + len(left_out) == int(plan.group(1))
        return failed, ok, status, whole, skipped, out

    def must_pass(self, program):
        """Once a tree: the test passes without any mutant."""
        if program in self.passed:
            return
        status, out = self.build(program)
        if status:
            raise Bad(f'{program} does not build without a mutant:\n{out[-2000:]}')
        failed, ok, status, whole, skipped, out = self.try_test(program)
        if skipped:
            raise Bad(f'{program} skips tests here: {out[-300:]}')
        if status or failed or not whole:
            raise Bad(f'{program} fails without a mutant (status {status}): '
                      f'{" ".join(failed)}\n{out[-2000:]}')
        self.passed[program] = ok

    def judge(self, block):
        """None: killed; else why not."""
        program, _, name = block['test'].partition(' ')
        self.must_pass(program)
        if name and name not in self.passed[program]:
            raise Bad(f'{block["where"]}: {program} has no test {name}')
        path = os.path.join(self.folder, block['file'])
        with open(path) as f:
            text = f.read()
        changed = mutate(text, block)
        try:
            with open(path, 'w') as f:
                f.write(changed)
            status, out = self.build(program)
            if status:
                raise Bad(f'{block["where"]}: does not build:\n{out[-1500:]}')
            # A program may look at TEST, and leave out the others.
            env = self.tests.get(program, {}).get('env', '') + (f' TEST={name}' if name else '')
            enough = re.compile(rf'not ok \d+ - {name}(?!\w)' if name else r'not ok \d+ - ')
            failed, ok, status, whole, _, out = self.try_test(program, env, enough)
            if name in failed or (not name and (failed or status)):
                return None
            if (status is None or not whole) and name not in ok:
                return None  # it hung or died in that test
            if failed or status:
                return f'another test failed: {" ".join(failed) or out[-300:]}'
            return 'it passes'
        finally:
            with open(path, 'w') as f:
                f.write(text)


class Work:
    def __init__(self, mutants):
        self.left, self.lock = list(mutants), threading.Lock()
        self.killed, self.bad = 0, []

    def next(self):
        with self.lock:
            return self.left.pop(0) if self.left else None

    def report(self, block, why, seconds):
        with self.lock:
            self.killed += why is None
            if why is not None:
                self.bad.append(f'{block["where"]}: {block["mutant"]}: {why}')
            print(f'{"killed" if why is None else "FAIL":7}{block["mutant"]:72} '
                  f'{block["test"].split("/")[-1]}'
                  f'  ({seconds:.0f} s)', flush=True)

    def run(self, tree):
        while (block := self.next()) is not None:
            began = time.time()
            try:
                why = tree.judge(block)
            except Bad as e:
                why = f'error: {e}'
            self.report(block, why, time.time() - began)


def check(mutants):
    """Can each be made, and is the test there?"""
    bad = 0
    for block in mutants:
        program, _, name = block['test'].partition(' ')
        try:
            with open(os.path.join(ROOT, block['file'])) as f:
                mutate(f.read(), block)
            with open(os.path.join(ROOT, f'{program}.c')) as f:
                if name and not re.search(rf'\b{name}\b', f.read()):
                    raise Bad(f'{block["where"]}: {program} has no test {name}')
        except (Bad, OSError) as e:
            print(e)
            bad += 1
    print(f'{len(mutants)} mutants, {len(mutants) - bad} can be made')
    return bad


def work_beside(mutants, trees):
    work = Work(mutants)
    threads = [threading.Thread(target=work.run, args=(t,), daemon=True) for t in trees]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return work


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--jobs', type=int, default=os.cpu_count())
    p.add_argument('--only', default='', help='mutants whose name, file or test has this in it')
    p.add_argument('--check', action='store_true')
    p.add_argument('lists', nargs='+')
    args = p.parse_args()
    tests, mutants = {}, []
    for path in args.lists:
        more_tests, more = read_list(os.path.abspath(path))
        tests.update(more_tests)
        mutants += [m for m in more if args.only in f'{m["mutant"]} {m["file"]} {m["test"]}']
    if args.check:
        sys.exit(bool(check(mutants)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the copies of the tree go, too
    alone = [m for m in mutants if tests.get(m['test'].split()[0], {}).get('alone') == 'yes']
    with tempfile.TemporaryDirectory(prefix='mutants.') as folder:
        trees = [Tree(os.path.join(folder, str(i)), tests) for i in range(args.jobs)]
        beside = work_beside([m for m in mutants if m not in alone], trees)
        last = work_beside(alone, trees[:1])
    bad = beside.bad + last.bad
    for line in bad:
        print(line)
    print(f'{len(mutants)} mutants, {beside.killed + last.killed} killed')
    sys.exit(bool(bad) or not mutants)


if __name__ == '__main__':
    main()
