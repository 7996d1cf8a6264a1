// Handing out of GDAL handles.
#include "io/dataset_pool.h"

namespace nadir {

DatasetPool::DatasetPool(RasterChoice choice) : choice_(std::move(choice)), stamp_(choice_.path) {
  idle_.push_back(open());
}

DatasetPtr DatasetPool::open() const {
  DatasetPtr dataset = open_dataset(choice_.path, GDAL_OF_RASTER, choice_.drivers, "drivers");
  refuse_absurd(*dataset, choice_.path);
  stamp_.require_unchanged();
  return dataset;
}

DatasetPtr DatasetPool::take() {
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || handles_ < limit_; });
    if (!idle_.empty()) {
      DatasetPtr dataset = std::move(idle_.back());
      idle_.pop_back();
      return dataset;
    }
    ++handles_;
  }
  try {
    return open();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    --handles_;
    returned_.notify_one();
    throw;
  }
}

void DatasetPool::give_back(DatasetPtr dataset) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(dataset));
  returned_.notify_one();
}

}  // namespace nadir
