// The network that corrects the solver's result: its layers, its cells and its units, for vector code and kernels.
#include "stages/super_resolution/residual_network_layers.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "pipeline/core/window.h"
#include "stages/super_resolution/residual_network_tables.h"

namespace nadir {
namespace {

constexpr int kFeatures = 64;  // channels in between
constexpr float kFirstLeak = 0.1f;
constexpr int kTaps = 9;

// The characters of the table are the weights from -45 to 45.
std::int8_t weight_of(char c) {
  static constexpr char kAlphabet[] =
      "!#$%&'()*+,-./ABCDEFGHIJKLM01234abcdefghijklmnopqrstuvwxyz56789NOPQRSTUVWXYZ:;<=>@[]^_`{|}~";
  constexpr int kZero = 45;
  static_assert(sizeof kAlphabet == 2 * kZero + 2);
  const char* at = std::find(std::begin(kAlphabet), std::end(kAlphabet) - 1, c);
  return std::int8_t(at - kAlphabet - kZero);
}

// Takes one layer after another from the tables.
class TableReader {
 public:
  NetworkLayer layer(int in, int out, float leak) {
    NetworkLayer l{in, out, {}, {scales_, scales_ + out}, leak};
    scales_ += out;
    for (int i = 0; i < in * out * kTaps; ++i) l.weights.push_back(weight_of(*weights_++));
    return l;
  }

 private:
  const char* weights_ = kNetworkWeights;
  const float* scales_ = kNetworkScales;
};

}  // namespace

const std::vector<NetworkLayer>& network_layers(int scale) {
  static const auto networks = [] {
    TableReader table;
    std::vector<std::vector<NetworkLayer>> first_and_last;
    for (const int s : {3, 4}) {
      first_and_last.push_back({table.layer(network_inputs(s), kFeatures, kFirstLeak)});
      first_and_last.back().push_back(table.layer(kFeatures, s * s, 1));
    }
    for (const float leak : kNetworkLeaks) {
      const NetworkLayer shared = table.layer(kFeatures, kFeatures, leak);
      for (auto& n : first_and_last) n.insert(n.end() - 1, shared);
    }
    return first_and_last;
  }();
  return networks.at(std::size_t(scale - 3));
}

CellAxis::CellAxis(int scale, double centre, int pixels) {
  const int begin = int(std::floor(centre - 0.5 * (scale - 1) + 0.5));  // of sample 0's cell
  sample = -ceil_div(begin, scale);
  first = begin + sample * scale;
  count = ceil_div(pixels - first, scale);
}

}  // namespace nadir
