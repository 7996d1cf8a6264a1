// A small fully connected network, all of whose layers are computed before a pixel leaves the registers and the nearest
// cache.
#pragma once

#include "stages/segmentation/classifier.h"
#include "stages/segmentation/scaling.h"

namespace nadir {

enum class Activation { relu, softplus };

/// out = weights * in + bias. Outputs are padded with zeros to a multiple of kRows, so that they are computed in
/// groups.
struct NetworkLayer {
  static constexpr int kRows = 8;
  int inputs = 0;
  int outputs = 0;
  std::vector<float> weights;  ///< in groups of kRows outputs: for every input the kRows weights
  std::vector<float> bias;     ///< padded like the outputs

  int groups() const { return (outputs + kRows - 1) / kRows; }
  std::size_t place(int output, int input) const {
    return std::size_t(((output / kRows) * inputs + input) * kRows + output % kRows);
  }
  float& weight(int output, int input) { return weights[place(output, input)]; }
  static NetworkLayer zeros(int inputs, int outputs);
};

/// Features are brought to zero mean and unit spread; every layer but the last is followed by the activation; the last
/// gives logits.
struct Network {
  Scaling scaling;
  Activation activation = Activation::relu;
  std::vector<NetworkLayer> layers;

  int inputs() const { return layers.front().inputs; }
  int widest() const;  ///< of all layers and the inputs, padded
};

class NetworkClassifier final : public Classifier {
 public:
  NetworkClassifier(FeatureSpec spec, std::vector<ClassInfo> classes, Network network);
  static std::shared_ptr<Classifier> read(FeatureSpec spec, std::vector<ClassInfo> classes, ByteReader& in);

  std::string_view method() const override { return "network"; }
  Link link() const override { return Link::softmax; }
  void score(const float* features, int count, std::ptrdiff_t stride, float* scores) const override;
  double flops() const override;
  std::optional<FlatModel> flat_model() const override;
  const Network& network() const { return network_; }

 private:
  void describe_method(Record& record) const override;
  void write_body(ByteWriter& out) const override;

  Network network_;
};

/// Logits of `count` pixels, as Classifier::score. A sum begins with the bias and runs over inputs in their order, each
/// step sum = fmaf(input, weight, sum), rounded once, so that all machines and devices give the same bits.
void run_network(const Network& network, const float* features, int count, std::ptrdiff_t stride, float* logits);

}  // namespace nadir
