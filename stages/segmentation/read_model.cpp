// read_model: a trained classifier from its file.
#include "pipeline/core/error.h"
#include "stages/segmentation/classifier.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

struct Params {
  std::string path;
  bool band_names = true;
};
NADIR_PARAMS(Params, PARAM(path, "", required(), "The file, as runs leave it beside their outputs: model.model."),
             PARAM(band_names, "", any(),
                   "Refuses scenes whose bands are called otherwise than those that were trained on; false: bands "
                   "count by their places."))

// A value source stands at the edge of the graph, so it may read; only this family knows what is in the file.
Value make_model(const StageContext& context) {
  const auto p = context.read<Params>();
  const std::string bytes = file_bytes(p.path, "model");
  try {
    const auto classifier = read_classifier(bytes);
    if (!p.band_names) classifier->forget_band_names();
    Record facts = classifier->facts();
    facts.set("read_from", p.path);
    classifier->set_facts(std::move(facts));
    classifier->prepare();
    return ModelPtr(classifier);
  } catch (const Error& e) {
    throw Error(e.fault(), p.path + ": " + e.what());
  }
}

}  // namespace

StageInfo read_model_stage() {
  return {.name = "read_model",
          .family = "segmentation",
          .doc = "Reads a model that an earlier run trained, to classify other scenes with it.",
          .inputs = {},
          .outputs = {{"model", PortType::model, "The classifier, with the facts of its training."}},
          .params = params_of<Params>(),
          .factory = ValueFactory{make_model}};
}

}  // namespace nadir
