#!/usr/bin/python3
"""Odd, damaged and malicious GeoTIFFs through `nadir run copy.yaml`, one process a file: no crash, no hang, no bloat; what
is odd but valid comes out as GDAL reads it or is declined in a sentence, what is broken is never passed on as whole.

hostile_files.py PROGRAM CONFIG FOLDER    prints a table; exit 77 where the files or GDAL's Python bindings are missing
"""

import collections
import concurrent.futures
import faulthandler
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

CPU_SECONDS = 5
WALL_SECONDS = 100  # for processes that wait for ever; a busy machine makes others slow
SILENT_SECONDS = 900
PEAK_MIB = 1024
CRASH = 70  # the exit code for a broken promise inside the program

Run = collections.namedtuple("Run", "code message seconds mib")
Row = collections.namedtuple("Row", "name verdict good run")


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


try:
    import numpy as np
    from osgeo import gdal
except ImportError as problem:
    skip(f"{problem}; install python3-gdal and python3-numpy")


def be_quiet():
    gdal.PushErrorHandler("CPLQuietErrorHandler")  # of one thread


def run(command, log):
    # A program sets the limits, not Python between fork and exec: a process with threads that forks can hang there.
    limited = ["prlimit", f"--cpu={CPU_SECONDS}", "--core=0", *command]
    with open(log, "wb") as out:
        process = subprocess.Popen(limited, stdout=out, stderr=out)
        timer = threading.Timer(WALL_SECONDS, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("error:")]
    return Run(process.returncode, " ".join(lines), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def samples_of(band):
    samples = band.ReadAsArray()
    if band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE") == "SIGNEDBYTE":
        samples = samples.view(np.int8)
    return samples


def valid_pixels(dataset):
    """Where GDAL's masks of all bands, alpha, and finiteness say that a pixel is a measurement."""
    valid = np.ones((dataset.RasterYSize, dataset.RasterXSize), bool)
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        is_alpha = band.GetColorInterpretation() == gdal.GCI_AlphaBand
        valid &= (band if is_alpha else band.GetMaskBand()).ReadAsArray() != 0
        with np.errstate(over="ignore"):
            valid &= np.isfinite(band.ReadAsArray().astype(np.float32))
    return valid


def data_bands(dataset):
    bands = [dataset.GetRasterBand(number) for number in range(1, dataset.RasterCount + 1)]
    return [band for band in bands if band.GetColorInterpretation() != gdal.GCI_AlphaBand]


def compare(source, output, expected):
    """How the copy relates to the original, and whether that is good."""
    a, b = gdal.Open(str(source)), gdal.Open(str(output))
    if (a.RasterXSize, a.RasterYSize, len(data_bands(a))) != (b.RasterXSize, b.RasterYSize, b.RasterCount):
        return "WRONG SHAPE", False
    sums = [band.Checksum() for band in data_bands(b)][:8]
    if len(data_bands(a)) == a.RasterCount and sums == expected:
        return "equal checksums", True
    valid = valid_pixels(a)
    if not np.array_equal(valid, valid_pixels(b)):
        return "WRONG MASK", False
    pairs = [(samples_of(x)[valid], samples_of(y)[valid]) for x, y in zip(data_bands(a), data_bands(b))]
    if all(np.array_equal(x, y) for x, y in pairs):
        return "equal where valid", True
    if all(np.array_equal(x.astype(np.float32), y.astype(np.float32)) for x, y in pairs):
        return "ROUNDED", False
    return "WRONG PIXELS", False


def judge(kind, name, outcome, source, output, expected):
    if outcome.code < 0 or outcome.code == CRASH:
        return f"CRASH OR HANG ({outcome.code})", False
    if outcome.mib > PEAK_MIB:
        return "TOO MUCH MEMORY", False
    if outcome.code == 0 and not output.exists():
        return "NOTHING WRITTEN", False
    if outcome.code != 0 and output.exists():
        return "LOOKS WHOLE", False
    if outcome.code != 0:
        # A sentence names the file, and says more than that something failed.
        clear = pathlib.Path(name).name in outcome.message and len(outcome.message) > 60
        return "declined" if clear else "UNCLEAR", clear
    if kind in ("reject", "damaged"):
        return "PASSED ON", False
    return compare(source, output, expected) if expected else ("read", True)


def check(program, config, root, name, facts, folder):
    work = pathlib.Path(folder) / name.replace("/", "_")
    work.mkdir()
    source = root / name
    outcome = run([program, "run", config, str(source), "--out", str(work / "out")], work / "log")
    output = work / "out" / source.stem / "out.tif"
    verdict, good = judge(name.split("/")[0], name, outcome, source, output, facts["checksums"])
    shutil.rmtree(work)
    return Row(name, verdict, good, outcome)


def main(program, config, root):
    root = pathlib.Path(root)
    if not (root / "expected_gdal362.json").exists():
        skip(f"no files at {root}")
    faulthandler.dump_traceback_later(SILENT_SECONDS)  # should all wait for each other, the log says where
    expected = json.loads((root / "expected_gdal362.json").read_text())
    workers = concurrent.futures.ThreadPoolExecutor(os.cpu_count(), initializer=be_quiet)
    with tempfile.TemporaryDirectory() as folder, workers as pool:
        jobs = [pool.submit(check, program, config, root, *item, folder) for item in sorted(expected.items())]
        rows = []
        for job in jobs:
            rows.append(row := job.result())
            use = f"{row.run.seconds:5.2f} s {row.run.mib:5.0f} MiB"
            print(f"{row.verdict:20} {row.run.code:3} {use}  {row.name}", flush=True)
            if not row.good or row.verdict == "declined":
                print("    ", row.run.message)
    counts = collections.Counter((row.name.split("/")[0], row.verdict) for row in rows)
    for (kind, verdict), count in sorted(counts.items()):
        print(f"{kind:10} {verdict:20} {count:4}")
    print(f"slowest {max(r.run.seconds for r in rows):.2f} CPU s, largest {max(r.run.mib for r in rows):.0f} MiB,",
          f"all {sum(r.run.seconds for r in rows):.0f} CPU s")
    bad = [row.name for row in rows if not row.good]
    print(f"{len(rows)} files, {len(bad)} not as they should be")
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
