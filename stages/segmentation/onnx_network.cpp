// OpenCV's dnn behind the interface of a model.
#include "stages/segmentation/onnx_network.h"

#include <algorithm>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

// OpenCV's own sentence, without the place in its sources.
std::string reason(const cv::Exception& e) { return e.err.substr(0, e.err.find('\n')); }

std::unique_ptr<cv::dnn::Net> parse(const std::string& bytes) {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // what is wrong comes as an exception as well
  try {
    auto net = std::make_unique<cv::dnn::Net>(cv::dnn::readNetFromONNX(bytes.data(), bytes.size()));
    if (net->empty()) throw Error(Fault::data, "holds no network");
    net->setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net->setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    return net;
  } catch (const cv::Exception& e) {
    throw Error(Fault::data, "is no ONNX network that OpenCV " CV_VERSION " can read: " + reason(e));
  }
}

std::string shape_of(const cv::Mat& m) {
  std::string text;
  for (int d = 0; d < m.dims; ++d) text += (d ? " x " : "") + std::to_string(m.size[d]);
  return text;
}

}  // namespace

// A network is of use to one thread at a time; each has its own, which is kept for the next block.
struct OnnxNetwork::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<cv::dnn::Net>> idle;

  std::unique_ptr<cv::dnn::Net> take(const std::string& bytes) {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        auto net = std::move(idle.back());
        idle.pop_back();
        return net;
      }
    }
    return parse(bytes);
  }
  void give(std::unique_ptr<cv::dnn::Net> net) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(net));
  }
};

OnnxNetwork::OnnxNetwork(std::string bytes, std::vector<ClassInfo> classes, OnnxUse use)
    : bytes_(std::move(bytes)), classes_(std::move(classes)), use_(std::move(use)), pool_(std::make_unique<Pool>()) {
  pool_->give(parse(bytes_));
}

OnnxNetwork::~OnnxNetwork() = default;

Record OnnxNetwork::describe() const {
  std::vector<std::string> names;
  for (const ClassInfo& c : classes_) names.push_back(c.name);
  return {{"method", std::string("onnx")},
          {"classes", names},
          {"bytes", std::int64_t(bytes_.size())},
          {"input_px", std::int64_t(use_.input_px)},
          {"overlap_px", std::int64_t(use_.overlap_px)}};
}

void OnnxNetwork::check(int bands) const {
  const auto plane = std::size_t(use_.input_px) * std::size_t(use_.input_px);
  std::vector<float> in(plane * std::size_t(bands)), out(plane * classes_.size());
  run(in.data(), bands, out.data());
}

std::size_t OnnxNetwork::working_bytes(int bands) const {
  auto net = pool_->take(bytes_);
  std::size_t weights = 0, layers = 0;
  net->getMemoryConsumption(cv::dnn::MatShape{1, bands, use_.input_px, use_.input_px}, weights, layers);
  pool_->give(std::move(net));
  return weights + layers;
}

void OnnxNetwork::run(const float* in, int bands, float* out) const {
  const int edge = use_.input_px;
  const int shape[4]{1, bands, edge, edge}, wanted[4]{1, int(classes_.size()), edge, edge};
  auto net = pool_->take(bytes_);
  cv::Mat answer;
  try {
    net->setInput(cv::Mat(4, shape, CV_32F, const_cast<float*>(in)));
    answer = net->forward();
  } catch (const cv::Exception& e) {
    throw Error(Fault::data, "the network cannot take " + std::to_string(bands) + " bands of " + std::to_string(edge) +
                                 " x " + std::to_string(edge) +
                                 " pixels (bands of read_geotiff, input_px of "
                                 "read_network?): " +
                                 reason(e));
  }
  if (answer.dims != 4 || answer.type() != CV_32F || !std::equal(wanted, wanted + 4, answer.size.p))
    throw Error(Fault::data, "the network gives " + shape_of(answer) + " numbers, wanted is 1 x " +
                                 std::to_string(wanted[1]) + " (classes of read_network) x " + std::to_string(edge) +
                                 " x " + std::to_string(edge));
  std::copy_n(answer.ptr<float>(), answer.total(), out);
  pool_->give(std::move(net));
}

}  // namespace nadir
