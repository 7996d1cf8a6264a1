#!/usr/bin/python3
"""Networks as PyTorch exports them, run by `segment` in squares, against PyTorch's own answer for the whole scene.

onnx_networks.py PROGRAM [SCENE]    exit 77 where PyTorch or GDAL's bindings are missing

Small U-Nets with random weights; the means and deviations of batch normalisation are those of the scene, so that all
layers do something. Without SCENE it is smooth noise of four bands.
"""

import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import torch
    from osgeo import gdal
    from torch import nn
except ImportError as problem:
    print(f"skipped: {problem}; install python3-torch and python3-gdal")
    sys.exit(77)

gdal.UseExceptions()
warnings.filterwarnings("ignore")
torch.set_num_threads(1)

EDGE, OVERLAP = 128, 32  # px; the networks see 24 px around a pixel
TOLERANCE = 1e-4
CLASSES = ["one", "two", "three"]
GRAPH = """
nadir: 1
graph:
  scene:   {{stage: read_geotiff}}
  net:     {{stage: read_network, path: {path}, classes: {classes}, input_px: {edge}, overlap_px: {overlap},
             mean: {mean}, scale: {scale}, scores: {scores}}}
  classes: {{stage: segment, in: {{image: scene, model: net}}}}
  mask:    {{stage: write_mask, in: classes}}
  out:     {{stage: write_geotiff, in: classes.probabilities}}
"""


def layers(inputs, outputs, activation):
    steps = []
    for channels in (inputs, outputs):
        steps += [nn.Conv2d(channels, outputs, 3, padding=1), nn.BatchNorm2d(outputs), activation()]
    return nn.Sequential(*steps)


class UNet(nn.Module):
    """Ronneberger, Fischer, Brox, MICCAI 2015, of two levels."""

    def __init__(self, bands, up="transposed", activation=nn.ReLU, softmax=True):
        super().__init__()
        self.fine, self.middle = layers(bands, 8, activation), layers(8, 16, activation)
        self.coarse = layers(16, 32, activation)
        self.up_middle, self.up_fine = self.upsample(up, 32, 16), self.upsample(up, 16, 8)
        self.join_middle, self.join_fine = layers(32, 16, activation), layers(16, 8, activation)
        self.pool, self.softmax = nn.MaxPool2d(2), softmax
        self.last = nn.Sequential(nn.BatchNorm2d(8), nn.Conv2d(8, len(CLASSES), 1, bias=False))  # no class outdoes all

    @staticmethod
    def upsample(kind, inputs, outputs):
        if kind == "transposed":
            return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
        corners = {} if kind == "nearest" else {"align_corners": False}
        return nn.Sequential(nn.Upsample(scale_factor=2, mode=kind, **corners), nn.Conv2d(inputs, outputs, 1))

    def forward(self, image):
        fine = self.fine(image)
        middle = self.middle(self.pool(fine))
        coarse = self.coarse(self.pool(middle))
        middle = self.join_middle(torch.cat([self.up_middle(coarse), middle], 1))
        fine = self.join_fine(torch.cat([self.up_fine(middle), fine], 1))
        return torch.softmax(self.last(fine), 1) if self.softmax else self.last(fine)


CASES = {  # network, opset, what torch.onnx.export is told besides
    "transposed convolutions, softmax, opset 11": (dict(), 11, {}),
    "transposed convolutions, softmax, opset 13": (dict(), 13, {}),
    "nearest, leaky ReLU, logits, opset 11": (dict(up="nearest", activation=nn.LeakyReLU, softmax=False), 11, {}),
    "bilinear, SiLU, opset 13, sides left open":
        (dict(up="bilinear", activation=nn.SiLU), 13, dict(dynamic_axes={"image": {2: "height", 3: "width"}})),
}


def smooth_noise(path, width=170, height=150, bands=4):
    spectrum = np.fft.fft2(np.random.default_rng(1).normal(size=(bands, height, width)))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    noise = np.fft.ifft2(spectrum / (frequency + 0.02)).real
    file = gdal.GetDriverByName("GTiff").Create(path, width, height, bands, gdal.GDT_UInt16)
    file.SetGeoTransform((500000, 10, 0, 5000000, 0, -10))
    file.WriteArray(np.clip(500 + 200 * noise / noise.std(), 0, 65535).round().astype(np.uint16))


def settled(network, image):
    network.train()
    with torch.no_grad():
        for _ in range(20):
            network(image[:, :, : image.shape[2] // 4 * 4, : image.shape[3] // 4 * 4])
    return network.eval()


def whole(network, samples):
    """Probabilities by PyTorch, in one piece, with what `segment` sees beyond the scene's edge."""
    _, height, width = samples.shape
    block = EDGE - 2 * OVERLAP
    beyond = [(0, 0)] + [(OVERLAP, -side % block + OVERLAP) for side in (height, width)]
    with torch.no_grad():
        answer = network(torch.tensor(np.pad(samples, beyond, mode="symmetric"))[None])
    if not network.softmax:
        answer = torch.softmax(answer, 1)
    return answer[0].numpy()[:, OVERLAP : OVERLAP + height, OVERLAP : OVERLAP + width]


def check(program, scene, name, folder):
    options, opset, export = CASES[name]
    samples = gdal.Open(scene).ReadAsArray().astype(np.float32)
    mean, scale = samples.mean((1, 2)), 1 / np.maximum(samples.std((1, 2)), 1e-3)
    samples = (samples - mean[:, None, None]) * scale[:, None, None]
    torch.manual_seed(1)
    network = settled(UNet(len(samples), **options), torch.tensor(samples)[None])
    path = f"{folder}/net.onnx"
    torch.onnx.export(network, torch.zeros(1, len(samples), EDGE, EDGE), path, opset_version=opset, input_names=["image"],
                      **export)
    graph = pathlib.Path(folder, "graph.yaml")
    graph.write_text(GRAPH.format(path=path, classes=CLASSES, edge=EDGE, overlap=OVERLAP, mean=[float(v) for v in mean],
                                  scale=[float(v) for v in scale],
                                  scores="probabilities" if network.softmax else "logits"))
    subprocess.run([program, "run", str(graph), scene, "--out", f"{folder}/out", "--restart", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    out = next(pathlib.Path(folder, "out").glob("*/out.tif"))
    ours, theirs = gdal.Open(str(out)).ReadAsArray(), whole(network, samples)
    labels = gdal.Open(str(out.with_name("mask.tif"))).ReadAsArray()
    off, clear = np.abs(ours - theirs).max(), np.sort(theirs, 0)[-1] - np.sort(theirs, 0)[-2] > TOLERANCE
    wrong = int((labels != theirs.argmax(0) + 1)[clear].sum())
    counts = np.bincount(labels.ravel(), minlength=len(CLASSES) + 1)[1:]
    fine = off < TOLERANCE and wrong == 0 and (counts > 0).sum() > 1
    print(f"{'ok  ' if fine else 'FAIL'} {name}: probabilities within {off:.1e}, {wrong} labels differ, pixels a class "
          f"{counts}", flush=True)
    return 0 if fine else 1


def main():
    with tempfile.TemporaryDirectory() as folder:
        scene = sys.argv[2] if len(sys.argv) > 2 else f"{folder}/noise.tif"
        if len(sys.argv) <= 2:
            smooth_noise(scene)
        bad = sum(check(sys.argv[1], scene, name, folder) for name in CASES)
    sys.exit(1 if bad else 0)


main()
