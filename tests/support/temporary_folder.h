// A folder for one test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace nadir::test {

/// Makes an empty folder before each test and removes it with all that is in it afterwards.
class TemporaryFolder : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(dir_); }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("nadir_test_" + std::to_string(::getpid()));
};

}  // namespace nadir::test
