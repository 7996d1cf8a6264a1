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
import subprocess
import time

import numpy as np
import torch
import torch.nn.functional as F
from osgeo import gdal
from PIL import Image

gdal.UseExceptions()
CHANNELS = [32, 32, 32, 32, 4]
CELL = 2  # pixels an edge
LEAK = 0.1
UNIT = 32  # grey levels
TILE = 300
PATCH = 72
MARGIN = 8  # pixels at a patch's edges that do not count: the network sees what is not there

GRAPH = """
nadir: 1
graph:
  scene:    {stage: read_geotiff, drivers: [GTiff], crop_to_multiple_px: 12}
  degraded: {stage: degrade, in: scene, factor: %d, %s}
  sharp:    {stage: super_resolve, in: degraded, scale: %d, quality: %s, learned_prior: false}
  start:    {stage: super_resolve, in: degraded, scale: %d, method: bicubic}
  out:      {stage: write_geotiff, in: sharp, type: f32}
  base:     {stage: write_geotiff, in: start, type: f32}
"""
GAUSSIAN = "sigma_px: 1.6, radius_px: 3, phase: corner, quantize: true"
BICUBIC = "method: bicubic, phase: centre, sigma_px: 0"
# Factor, degradation, quality, and the tiles taken: all, or one of three.
SETS = {
    "bicubic3": (3, BICUBIC, "balanced", slice(None)),
    "gaussian3": (3, GAUSSIAN, "balanced", slice(0, None, 3)),
    "gaussian3_fast": (3, GAUSSIAN, "fast", slice(1, None, 3)),
    "bicubic4": (4, BICUBIC, "balanced", slice(2, None, 3)),
    "gaussian4_fast": (4, "sigma_px: 2, phase: centre", "fast", slice(2, None, 3)),
}


def grey_levels(path):
    """Luma of photographs as the benchmark defines it; single bands as they are."""
    a = np.asarray(Image.open(path))
    if a.ndim == 2:
        return a.astype(float)
    return np.rint(16 + a[..., :3] @ np.array([65.481, 128.553, 24.966]) / 255)


def detail(a):
    return np.abs(np.diff(a, axis=0)).mean() + np.abs(np.diff(a, axis=1)).mean()


def cut_tiles(sources, folder, most=3, least_detail=1.2):
    """The most detailed tiles of each image, as single bands of 8 bits."""
    folder.mkdir(parents=True)
    for path in sorted(p for s in sources for p in s.rglob("*") if p.is_file()):
        a = grey_levels(path)
        tiles = [a[y : y + TILE, x : x + TILE] for y in range(0, a.shape[0], TILE) for x in range(0, a.shape[1], TILE)]
        tiles = [t for t in tiles if min(t.shape) >= 120 and detail(t) > least_detail]
        for i, tile in enumerate(sorted(tiles, key=detail)[::-1][:most]):
            Image.fromarray(tile.astype(np.uint8)).save(folder / f"{path.stem}_{i}.tif")


def restore(nadir, tiles, name, work):
    """What the program makes of the tiles of a set."""
    factor, degradation, quality, some = SETS[name]
    folder = work / name
    if not (folder / "run.json").exists():
        (folder / "in").mkdir(parents=True)
        for tile in tiles[some]:
            (folder / "in" / tile.name).symlink_to(tile.resolve())
        graph = folder / "graph.yaml"
        graph.write_text(GRAPH % (factor, degradation, factor, quality, factor))
        subprocess.run([nadir, "run", graph, folder / "in", "--out", folder, "--quiet"], check=True)
    return folder


class Example:
    def __init__(self, folder, tile):
        read = lambda path: gdal.Open(str(path)).ReadAsArray().astype(np.float32)
        sharp = read(folder / tile.stem / "out.tif")
        self.images = np.stack([sharp, read(folder / tile.stem / "base.tif")])
        self.truth = read(tile)[: sharp.shape[0], : sharp.shape[1]]
        self.error = float(np.mean((self.truth - sharp) ** 2))
        self.detail = min(6, max(1, detail(self.truth) / 2))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        inputs = [2 * CELL**2] + CHANNELS[:-1]
        self.layers = torch.nn.ModuleList(torch.nn.Conv2d(i, o, 3, bias=False) for i, o in zip(inputs, CHANNELS))
        for layer in self.layers:
            torch.nn.init.kaiming_normal_(layer.weight)
        self.layers[-1].weight.data *= 0.05

    def weights(self):
        first = self.layers[0].weight
        return [first - first.mean((1, 2, 3), keepdim=True)] + [layer.weight for layer in self.layers[1:]]

    def forward(self, images):
        v = F.pixel_unshuffle(images, CELL)
        for k, weight in enumerate(self.weights()):
            v = F.conv2d(F.pad(v, (1, 1, 1, 1), mode="replicate"), weight)
            if k + 1 < len(self.layers):
                v = F.leaky_relu(v, LEAK)
        return F.pixel_shuffle(v, CELL)


def batch(examples, chances, rng, size, share_of_start):
    """Patches in random positions and orientations. Some sharp ones are drawn towards where the solver started: what
    is missing there is easily learned, and from that the rest; learned alone, the network falls silent."""
    images, truths, weights = [], [], []
    for k in rng.choice(len(examples), size, p=chances):
        e = examples[k]
        y, x = (rng.integers(0, n - PATCH + 1) for n in e.truth.shape)
        i, t = e.images[:, y : y + PATCH, x : x + PATCH].copy(), e.truth[y : y + PATCH, x : x + PATCH]
        if rng.random() < share_of_start:
            i[0] = i[1] + rng.random() ** 0.7 * (i[0] - i[1])
        turns = rng.integers(4)
        i, t = np.rot90(i, turns, (1, 2)), np.rot90(t, turns)
        if rng.integers(2):
            i, t = i[:, :, ::-1], t[:, ::-1]
        images.append(i / UNIT)
        truths.append(t / UNIT)
        weights.append(UNIT**2 / (e.error + 8))  # PSNR counts errors relative to those of the whole image
    pack = lambda arrays: torch.from_numpy(np.stack(arrays).astype(np.float32))
    return pack(images), pack(truths)[:, None], pack(weights)


def gain(network, examples):
    """Mean gain of PSNR in dB."""
    gains = []
    with torch.no_grad():
        for e in examples:
            corrected = e.images[0] + network(torch.from_numpy(e.images)[None])[0, 0].numpy()
            gains.append(10 * np.log10(e.error / np.mean((e.truth - corrected) ** 2)))
    return float(np.mean(gains))


def train(examples, held_out, minutes, rate=1.5e-3, size=16):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = Network()
    average = copy.deepcopy(network)
    chances = np.array([e.detail for e in examples])
    chances /= chances.sum()
    adam = torch.optim.Adam(network.parameters(), lr=rate, betas=(0.9, 0.99))
    start = shown = time.process_time()
    step = 0
    while (done := (time.process_time() - start) / 60 / minutes) < 1:
        for group in adam.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-5
        images, truths, weights = batch(examples, chances, rng, size, np.clip((0.15 - done) / 0.1, 0, 1))
        errors = (truths - images[:, :1] - network(images))[:, 0, MARGIN:-MARGIN, MARGIN:-MARGIN]
        loss = ((errors**2).mean((1, 2)) * weights).mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        with torch.no_grad():
            for a, p in zip(average.parameters(), network.parameters()):
                a.lerp_(p, 1 - min(0.995, step / (step + 10)))
        step += 1
        if time.process_time() - shown > 60:
            print(f"{step} steps: " + ", ".join(f"{n} {gain(average, e):+.3f}" for n, e in held_out.items()), flush=True)
            shown = time.process_time()
    return average


def lines(numbers):
    text, line = "", "   "
    for n in numbers:
        if len(line) + len(n) + 2 > 120:
            text, line = text + line + "\n", "   "
        line += f" {n},"
    return text + line


def write_table(network, path):
    weights, steps = [], []
    for w in network.weights():
        w = w.detach().double().flatten(1)
        step = torch.tensor([float(f"{s:.4e}") for s in (w.abs().amax(1) / 127).tolist()], dtype=torch.float64)
        weights += (w / step[:, None]).round().clamp(-127, 127).int().flatten().tolist()
        steps += step.tolist()
    path.write_text(f"""// Weights of the network that corrects the solver's result, made by tests/benchmarks/train_prior.py.
#pragma once

#include <cstdint>

namespace nadir {{

/// Outputs of each layer.
inline constexpr int kNetworkChannels[] = {{{", ".join(map(str, CHANNELS))}}};

// clang-format off

/// What a step of each output's weights is worth, layer by layer.
inline constexpr float kNetworkSteps[] = {{
{lines([f"{s:.4e}f" for s in steps])}}};

/// Of each layer, output, input, row and column, in steps.
inline constexpr std::int8_t kNetworkWeights[] = {{
{lines([str(w) for w in weights])}}};

// clang-format on

}}  // namespace nadir
""")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nadir", type=pathlib.Path)
    parser.add_argument("images", type=pathlib.Path, nargs="+")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=25, help="of CPU time; restoring the tiles comes on top")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not (options.work / "tiles").exists():
        cut_tiles(options.images, options.work / "tiles")
    tiles = sorted((options.work / "tiles").glob("*.tif"))
    held_out = {t.stem for t in tiles[::10]}
    learned, kept = [], {}
    for name in SETS:
        folder = restore(options.nadir, tiles, name, options.work)
        examples = {t.stem: Example(folder, t) for t in tiles[SETS[name][3]]}
        learned += [e for stem, e in examples.items() if stem not in held_out]
        kept[name] = [e for stem, e in examples.items() if stem in held_out]
    write_table(train(learned, kept, options.minutes), options.out)


if __name__ == "__main__":
    main()
