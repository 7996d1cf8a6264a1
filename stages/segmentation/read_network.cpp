// read_network: a segmentation network from its ONNX file.
#include "pipeline/core/error.h"
#include "stages/segmentation/bytes.h"
#include "stages/segmentation/onnx_network.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

enum class Scores { logits, probabilities };

struct Params {
  std::string path;
  std::vector<std::string> classes;
  int input_px = 256;
  int overlap_px = 32;
  std::vector<double> mean{0};
  std::vector<double> scale{1};
  Scores scores = Scores::logits;
};
NADIR_PARAMS(Params, PARAM(path, "", required(), "The ONNX file."),
             PARAM(classes, "", required(), "Names, in the order of the network's planes; the first gets class id 1."),
             PARAM(input_px, "px", range(8, 4096), "Edge of the squares that the network is given."),
             PARAM(overlap_px, "px", range(0, 1024),
                   "How far from its edges the network's answer is not trusted; squares overlap by twice as much."),
             PARAM(mean, "dn", range(-1e9, 1e9), "What is subtracted from the samples: one number, or one a band."),
             PARAM(scale, "1/dn", range(-1e9, 1e9), "By what they are multiplied then: one number, or one a band."),
             PARAM(scores, "", choices({"logits", "probabilities"}), "What the network gives."))

Value make_network(const StageContext& context) {
  const auto p = context.read<Params>();
  if (p.classes.size() < 2) throw Error(Fault::config, context.node + ": classes must name at least two");
  if (p.input_px <= 2 * p.overlap_px)
    throw Error(Fault::config, context.node + ": input_px must be more than twice overlap_px");
  const std::string bytes = file_bytes(p.path, "network");
  std::vector<ClassInfo> classes;
  for (std::size_t k = 0; k < p.classes.size(); ++k)
    classes.push_back({std::uint16_t(k + 1), p.classes[k], class_colour(k)});
  try {
    return ModelPtr(std::make_shared<OnnxNetwork>(
        bytes, std::move(classes), OnnxUse{p.input_px, p.overlap_px, p.mean, p.scale, p.scores == Scores::logits}));
  } catch (const Error& e) {
    throw Error(e.fault(), p.path + " " + e.what());
  }
}

}  // namespace

StageInfo read_network_stage() {
  return {.name = "read_network",
          .family = "segmentation",
          .doc = "Reads a segmentation network that was trained elsewhere from an ONNX file, for the stage segment.",
          .inputs = {},
          .outputs = {{"model", PortType::model, "The network."}},
          .params = params_of<Params>(),
          .factory = ValueFactory{make_network}};
}

}  // namespace nadir
