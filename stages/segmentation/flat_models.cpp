// Classifiers as plain arrays.
#include "stages/segmentation/flat_models.h"

#include "stages/segmentation/forest.h"
#include "stages/segmentation/network.h"

namespace nadir {

std::optional<FlatModel> NetworkClassifier::flat_model() const {
  FlatNetwork flat;
  flat.mean = network_.scaling.mean;
  flat.inverse = network_.scaling.inverse;
  flat.softplus = network_.activation == Activation::softplus;
  for (NetworkLayer layer : network_.layers) {
    const FlatLayer& to = flat.add_layer(layer.inputs, layer.outputs);
    for (int o = 0; o < layer.outputs; ++o) {
      for (int i = 0; i < layer.inputs; ++i) flat.weight(to, o, i) = layer.weight(o, i);
      flat.bias(to, o) = layer.bias[std::size_t(o)];
    }
  }
  return flat;
}

std::optional<FlatModel> Forest::flat_model() const {
  FlatForest flat;
  flat.features = spec().count();
  flat.classes = int(classes().size());
  for (const Tree& t : trees_) {
    flat.trees.push_back({int(flat.nodes.size()), t.depth});
    flat.nodes.insert(flat.nodes.end(), t.nodes.begin(), t.nodes.end());
    flat.leaf_class.insert(flat.leaf_class.end(), t.leaf_class.begin(), t.leaf_class.end());
  }
  return flat;
}

}  // namespace nadir
