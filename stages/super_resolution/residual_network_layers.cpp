// The network that corrects the solver's result: its layers, its cells and its units, for vector code and kernels.
#include "stages/super_resolution/residual_network_layers.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "pipeline/core/window.h"
#include "stages/super_resolution/residual_network_tables.h"

namespace nadir {
namespace {

constexpr int kFeatures = 64;  // channels in between
constexpr float kFirstLeak = 0.1f;
constexpr int kEdge = 3;
constexpr int kTaps = kEdge * kEdge;

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

// Where place k of a square of n x n, row by row, comes to lie.
int turned_place(int n, int k, int orientation) {
  struct Turn {
    bool transposed, down, right;  // then mirrored
  };
  static constexpr Turn kTurns[kOrientations] = {{false, false, false}, {false, true, true},  {true, true, false},
                                                 {true, false, true},   {true, false, false}, {false, true, false},
                                                 {false, false, true},  {true, true, true}};
  const Turn turn = kTurns[orientation];
  int row = k / n, column = k % n;
  if (turn.transposed) std::swap(row, column);
  if (turn.down) row = n - 1 - row;
  if (turn.right) column = n - 1 - column;
  return row * n + column;
}

std::vector<NetworkLayer> read_network(int scale) {
  TableReader table;
  std::vector<NetworkLayer> layers;
  for (const int s : {3, 4}) {
    const NetworkLayer first = table.layer(network_inputs(s), kFeatures, kFirstLeak);
    const NetworkLayer last = table.layer(kFeatures, s * s, 1);
    if (s == scale) layers = {first, last};
  }
  for (const float leak : kNetworkLeaks) layers.insert(layers.end() - 1, table.layer(kFeatures, kFeatures, leak));
  return layers;
}

}  // namespace

const std::vector<NetworkLayer>& network_layers(int scale) {
  static const std::vector<NetworkLayer> networks[] = {read_network(3), read_network(4)};
  return networks[scale - 3];
}

std::vector<NetworkLayer> turned(std::vector<NetworkLayer> layers, int scale, int orientation) {
  const auto place_in_cell = [&](int channel) {
    return channel < scale * scale ? turned_place(scale, channel, orientation) : channel;
  };
  for (std::size_t k = 0; k < layers.size(); ++k) {
    NetworkLayer& l = layers[k];
    const NetworkLayer before = l;
    for (int o = 0; o < l.outputs; ++o) {
      const int output = k + 1 == layers.size() ? place_in_cell(o) : o;
      l.scales[std::size_t(o)] = before.scales[std::size_t(output)];
      for (int i = 0; i < l.inputs; ++i) {
        const int input = k == 0 ? place_in_cell(i) : i;
        for (int tap = 0; tap < kTaps; ++tap)
          l.weights[std::size_t((o * l.inputs + i) * kTaps + tap)] =
              before.weights[std::size_t((output * l.inputs + input) * kTaps + turned_place(kEdge, tap, orientation))];
      }
    }
  }
  return layers;
}

CellAxis::CellAxis(int scale, double centre, int pixels) {
  const int begin = int(std::floor(centre - 0.5 * (scale - 1) + 0.5));  // of sample 0's cell
  sample = -ceil_div(begin, scale);
  first = begin + sample * scale;
  count = ceil_div(pixels - first, scale);
}

}  // namespace nadir
