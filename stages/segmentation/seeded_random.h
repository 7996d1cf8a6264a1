// OpenCV's random numbers, which belong to the calling thread.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>

namespace nadir {

/// Seeds the thread's generator, and puts it back as it was found.
class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) : before_(cv::theRNG()) { cv::theRNG() = cv::RNG(seed); }
  ~SeededRandom() { cv::theRNG() = before_; }
  SeededRandom(const SeededRandom&) = delete;
  SeededRandom& operator=(const SeededRandom&) = delete;

 private:
  cv::RNG before_;
};

}  // namespace nadir
