#!/usr/bin/python3
"""Trains the network that corrects super_resolve's results (stages/super_resolution/residual_network.h).

    train_prior.py build/nadir IMAGES... --work DIR --out stages/super_resolution/residual_network_tables.h

Images are folders of photographs, drawings and aerial images, large ones reduced before so that traces of compression
are gone. Tiles of them are degraded and restored by the program itself, without the network, so that it learns the
solver's own errors; DIR keeps them, and what is there is not made again. Needs Debian's python3-torch, python3-gdal and
python3-pil. Every tenth tile is held out; gains on those are printed.
"""
import argparse
import copy
import pathlib
import queue
import subprocess
import threading
import time

import numpy as np
import torch
import torch.nn.functional as F
from osgeo import gdal
from PIL import Image

gdal.UseExceptions()
SCALES = [3, 4]
FEATURES = 64
HIDDEN = 6  # layers between the first and the last of each scale
GROWN = 2  # of these, the last: they begin as the identity, and learn what negative values are multiplied by
LEAK = 0.1  # that of all others
UNIT = 32  # grey levels
TILE = 300
PATCH = 96
MARGIN = 2  # cells at a patch's edges that do not count: the network sees what is not there

INPUT_STEPS = 32  # a grey level; this and the next three as in residual_network.cpp and convolution.h
CORRECTION_STEPS = 128
LARGEST = 32767
ALPHABET = "!#$%&'()*+,-./ABCDEFGHIJKLM01234abcdefghijklmnopqrstuvwxyz56789NOPQRSTUVWXYZ:;<=>@[]^_`{|}~"
MOST = len(ALPHABET) // 2  # the largest weight, in steps
ROOM = 2  # how far values may exceed the largest ones seen

GRAPH = """
nadir: 1
graph:
  scene:    {stage: read_geotiff, drivers: [GTiff], crop_to_multiple_px: 12}
  degraded: {stage: degrade, in: scene, factor: %d, %s}
  sharp:    {stage: super_resolve, in: degraded, scale: %d, quality: %s, learned_prior: false}
  start:    {stage: super_resolve, in: degraded, scale: %d, method: bicubic}
  y:        {stage: write_geotiff, in: degraded, type: f32}
  out:      {stage: write_geotiff, in: sharp, type: f32}
  base:     {stage: write_geotiff, in: start, type: f32}
"""
GAUSSIAN = "sigma_px: 1.6, radius_px: 3, phase: corner, quantize: true"
BICUBIC = "method: bicubic, phase: centre, sigma_px: 0"
# Factor, fine pixel of sample 0, degradation, quality, and the tiles taken: those of some remainders by 6.
SETS = {
    "bicubic3": (3, 1, BICUBIC, "balanced", (0, 1, 2, 3, 4, 5)),
    "bicubic3_fast": (3, 1, BICUBIC, "fast", (0,)),
    "gaussian3": (3, 0, GAUSSIAN, "balanced", (1, 2, 3)),
    "gaussian3_fast": (3, 0, GAUSSIAN, "fast", (4, 5)),
    "noise3": (3, 0, GAUSSIAN + ", noise_sigma_dn: 2.9", "balanced", (0, 5)),
    "bicubic4": (4, 1.5, BICUBIC, "balanced", (1, 4)),
    "gaussian4_fast": (4, 1.5, "sigma_px: 2, phase: centre", "fast", (2,)),
}


def grey_levels(path):
    """Luma of photographs as the benchmark defines it; single bands as they are."""
    a = np.asarray(Image.open(path))
    if a.ndim == 2:
        return a.astype(float)
    return np.rint(16 + a[..., :3] @ np.array([65.481, 128.553, 24.966]) / 255)


def detail(a):
    return np.abs(np.diff(a, axis=0)).mean() + np.abs(np.diff(a, axis=1)).mean()


def cut_tiles(sources, folder, most=8, least_detail=1.2):
    """The most detailed tiles of each image, as single bands of 8 bits."""
    folder.mkdir(parents=True)
    for path in sorted(p for s in sources for p in s.rglob("*") if p.is_file()):
        a = grey_levels(path)
        tiles = [a[y : y + TILE, x : x + TILE] for y in range(0, a.shape[0], TILE) for x in range(0, a.shape[1], TILE)]
        tiles = [t for t in tiles if min(t.shape) >= 120 and detail(t) > least_detail]
        for i, tile in enumerate(sorted(tiles, key=detail)[::-1][:most]):
            Image.fromarray(tile.astype(np.uint8)).save(folder / f"{path.stem}_{i}.tif")


def tiles_of(name, tiles):
    return [t for i, t in enumerate(tiles) if i % 6 in SETS[name][4]]


def restore(nadir, tiles, name, work):
    """What the program makes of the tiles of a set."""
    factor, _, degradation, quality, _ = SETS[name]
    folder = work / name
    if not (folder / "run.json").exists():
        (folder / "in").mkdir(parents=True, exist_ok=True)
        for tile in tiles_of(name, tiles):
            link = folder / "in" / tile.name
            link.unlink(missing_ok=True)
            link.symlink_to(tile.resolve())
        graph = folder / "graph.yaml"
        graph.write_text(GRAPH % (factor, degradation, factor, quality, factor))
        subprocess.run([nadir, "run", graph, folder / "in", "--out", folder, "--quiet"], check=True)
    return folder


class Example:
    """Images whose cells lie around the samples, as the network sees them."""

    def __init__(self, folder, tile, factor, centre):
        read = lambda path: gdal.Open(str(path)).ReadAsArray().astype(np.float32)
        found = folder / tile.stem
        self.factor, self.y = factor, read(found / "y.tif")
        self.sharp, self.base = read(found / "out.tif"), read(found / "base.tif")
        self.truth = read(tile)[: self.sharp.shape[0], : self.sharp.shape[1]]
        before = -int(np.floor(centre - (factor - 1) / 2 + 0.5))
        if before > 0:
            extend = lambda a, *by: np.pad(a, (by, by), mode="edge")
            self.sharp, self.base, self.truth = (
                extend(a, before, factor - before) for a in (self.sharp, self.base, self.truth)
            )
            self.y = extend(self.y, 0, 1)
        self.error = float(np.mean((self.truth - self.sharp) ** 2))
        self.detail = min(6, max(1, detail(self.truth) / 2))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        conv = lambda i, o: torch.nn.Conv2d(i, o, 3, bias=False, padding=1)
        self.first = torch.nn.ModuleDict({str(s): conv(s * s + 1, FEATURES) for s in SCALES})
        self.hidden = torch.nn.ModuleList(conv(FEATURES, FEATURES) for _ in range(HIDDEN))
        self.last = torch.nn.ModuleDict({str(s): conv(FEATURES, s * s) for s in SCALES})
        for layer in [*self.first.values(), *self.hidden, *self.last.values()]:
            torch.nn.init.kaiming_normal_(layer.weight)
        for layer in self.last.values():
            layer.weight.data *= 0.05
        for layer in self.hidden[-GROWN:]:
            torch.nn.init.dirac_(layer.weight)
        self.leak = torch.nn.Parameter(torch.ones(GROWN))
        for layer in self.hidden:
            layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)

    def first_weights(self, scale):
        w = self.first[str(scale)].weight
        return w - w.mean((1, 2, 3), keepdim=True)

    def activations(self, sharp, y, scale):
        """Of each layer but the last. In training those between are computed with 16 bits, twice as fast."""
        v = F.pad(torch.cat([F.pixel_unshuffle(sharp, scale), y], 1), (1, 1, 1, 1), mode="replicate")
        yield (v := F.leaky_relu(F.conv2d(v, self.first_weights(scale)), LEAK, inplace=True))
        v = v.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            for layer in self.hidden[:-GROWN]:
                yield (v := F.leaky_relu(layer(v), LEAK, inplace=True))
            for layer, leak in zip(self.hidden[-GROWN:], self.leak.split(1)):
                yield (v := F.prelu(layer(v), leak.to(torch.bfloat16 if self.training else v.dtype)))

    def forward(self, sharp, y, scale):
        *_, v = self.activations(sharp, y, scale)
        return F.pixel_shuffle(self.last[str(scale)](v.float()), scale)


class Batches:
    """Patches in random positions and orientations, made ahead."""

    def __init__(self, examples, size):
        self.size = size
        self.rng = np.random.default_rng(0)
        self.of_scale = {}
        for scale in SCALES:
            some = [e for e in examples if e.factor == scale and min(e.truth.shape) >= PATCH + scale]
            chances = np.array([e.detail for e in some])
            self.of_scale[scale] = some, chances / chances.sum()
        # Share of sharp patches drawn towards where the solver started: what is missing there is easily learned, and
        # from that the rest. From nothing the network finds the rest late.
        self.share_of_start = 1.0
        self.ready = queue.Queue(6)
        threading.Thread(target=self.fill, daemon=True).start()

    def fill(self):
        while True:
            self.ready.put(self.make())

    def make(self):
        scale = SCALES[0] if self.rng.random() < 0.75 else SCALES[1]
        examples, chances = self.of_scale[scale]
        cells = PATCH // scale
        sharps, ys, truths, weights = [], [], [], []
        for k in self.rng.choice(len(examples), self.size, p=chances):
            e = examples[k]
            i, j = (self.rng.integers(0, n - cells + 1) for n in e.y.shape)
            fine = np.s_[i * scale : (i + cells) * scale, j * scale : (j + cells) * scale]
            sharp, y, truth = e.sharp[fine], e.y[i : i + cells, j : j + cells], e.truth[fine]
            if self.rng.random() < self.share_of_start:
                sharp = e.base[fine] + np.float32(self.rng.random() ** 0.7) * (sharp - e.base[fine])
            turns, flip = self.rng.integers(4), self.rng.integers(2)
            turned = [np.rot90(a, turns) for a in (sharp, y, truth)]
            if flip:
                turned = [a[:, ::-1] for a in turned]
            for to, a in zip((sharps, ys, truths), turned):
                to.append(a / UNIT)
            weights.append(UNIT**2 / (e.error + 8))  # PSNR counts errors relative to those of the whole image
        pack = lambda arrays: torch.from_numpy(np.stack(arrays).astype(np.float32))
        return pack(sharps)[:, None], pack(ys)[:, None], pack(truths)[:, None], pack(weights), scale


def tensors(e):
    return [torch.from_numpy(np.ascontiguousarray(a))[None, None] for a in (e.sharp / UNIT, e.y / UNIT)]


def gain(network, examples):
    """Mean gain of PSNR in dB."""
    gains = []
    network.eval()
    with torch.no_grad():
        for e in examples:
            corrected = e.sharp + UNIT * network(*tensors(e), e.factor)[0, 0].numpy()
            gains.append(10 * np.log10(e.error / np.mean((e.truth - corrected) ** 2)))
    network.train()
    return float(np.mean(gains))


def train(examples, held_out, minutes, rate=1.5e-3, size=8):
    torch.manual_seed(0)
    network = Network()
    average = copy.deepcopy(network)
    batches = Batches(examples, size)
    adam = torch.optim.Adam(network.parameters(), lr=rate, betas=(0.9, 0.99))
    start = shown = time.time()
    step = 0
    while (done := (time.time() - start) / 60 / minutes) < 1:
        for group in adam.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * done)) + 5e-6
        batches.share_of_start = float(np.clip((0.1 - done) / 0.066, 0, 1))
        sharp, y, truth, weights, scale = batches.ready.get()
        m = MARGIN * scale
        errors = (truth - sharp - network(sharp, y, scale))[:, 0, m:-m, m:-m]
        loss = ((errors**2).mean((1, 2)) * weights).mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        with torch.no_grad():
            for a, p in zip(average.parameters(), network.parameters()):
                a.lerp_(p, 1 - min(0.998, step / (step + 10)))
        step += 1
        if time.time() - shown > 240:
            print(f"{step} steps: " + ", ".join(f"{n} {gain(average, e):+.3f}" for n, e in held_out.items()), flush=True)
            shown = time.time()
    return average


class Table:
    """Weights as characters, and what the sums of each output are multiplied by."""

    def __init__(self):
        self.weights, self.scales = "", []

    def add(self, weight, unit_in, unit_out, sums_to_zero=False):
        for w in weight.detach().double().flatten(1).numpy():
            candidates = [self.quantized(w, np.abs(w).max() * f / MOST, sums_to_zero) for f in np.linspace(0.3, 1, 29)]
            step, whole = min(candidates, key=lambda c: np.sum((c[0] * c[1] - w) ** 2))
            assert np.abs(whole).sum() <= 2 * LARGEST
            self.weights += "".join(ALPHABET[int(n) + MOST] for n in whole)
            self.scales.append(step * unit_in / unit_out)

    @staticmethod
    def quantized(w, step, sums_to_zero):
        whole = np.clip(np.rint(w / step), -MOST, MOST)
        while sums_to_zero and (excess := np.sign(whole.sum())) != 0:
            error = (whole - w / step) * excess
            error[np.abs(whole - excess) > MOST] = -np.inf
            whole[np.argmax(error)] -= excess
        return step, whole


def largest_values(network, examples):
    """Of each layer but the last."""
    network.eval()
    with torch.no_grad():
        each = [[float(v.abs().max()) for v in network.activations(*tensors(e), e.factor)] for e in examples]
    return np.max(each, axis=0)


def write_table(network, examples, path):
    table = Table()
    units = [1 / INPUT_STEPS / UNIT, *(ROOM * largest_values(network, examples) / LARGEST)]
    for scale in SCALES:
        table.add(network.first_weights(scale), units[0], units[1], sums_to_zero=True)
        table.add(network.last[str(scale)].weight, units[-1], 1 / CORRECTION_STEPS / UNIT)
    for layer, unit_in, unit_out in zip(network.hidden, units[1:], units[2:]):
        table.add(layer.weight, unit_in, unit_out)
    scales = [f"{s:.4e}f," for s in table.scales]
    leaks = [LEAK] * (HIDDEN - GROWN) + network.leak.tolist()
    line = 114
    path.write_text(f"""// Weights of the network that corrects the solver's result, trained as tests/benchmarks/train_prior.py does
// (tests/benchmarks/RESULTS.md tells how long).
#pragma once

namespace nadir {{

// clang-format off

/// What the sums of each output are multiplied by. In this order: first and last layer for scale 3, those for scale 4, the
/// layers between.
inline constexpr float kNetworkScales[] = {{
{chr(10).join("    " + " ".join(scales[i : i + 9]) for i in range(0, len(scales), 9))}
}};

/// Of the layers between: what negative sums are multiplied by besides.
inline constexpr float kNetworkLeaks[] = {{{", ".join(f"{leak:.4g}f" for leak in leaks)}}};

/// A character a weight, in the same order; of each layer by output, input, row and column.
inline constexpr char kNetworkWeights[] =
{chr(10).join(f'    "{table.weights[i : i + line]}"' for i in range(0, len(table.weights), line))};

// clang-format on

}}  // namespace nadir
""")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nadir", type=pathlib.Path)
    parser.add_argument("images", type=pathlib.Path, nargs="+")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=85, help="of training; restoring the tiles comes on top")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not (options.work / "tiles").exists():
        cut_tiles(options.images, options.work / "tiles")
    tiles = sorted((options.work / "tiles").glob("*.tif"))
    held_out = {t.stem for t in tiles[::10]}
    learned, kept = [], {}
    for name, (factor, centre, *_) in SETS.items():
        folder = restore(options.nadir, tiles, name, options.work)
        examples = {t.stem: Example(folder, t, factor, centre) for t in tiles_of(name, tiles)}
        learned += [e for stem, e in examples.items() if stem not in held_out]
        kept[name] = [e for stem, e in examples.items() if stem in held_out]
    network = train(learned, kept, options.minutes)
    write_table(network, sum(kept.values(), []), options.out)


if __name__ == "__main__":
    main()
