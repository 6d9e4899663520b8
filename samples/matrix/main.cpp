// One large matrix, multiplied with a vector by four processes that all see the same memory.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <span>
#include <string>

#include <ipcarc/ipcarc.hpp>

struct Matrix {  // row by row, in one block of the segment
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  ipcarc::vector<float> values;

  std::span<const float> row(std::size_t i) const {
    return std::span<const float>(values).subspan(i * columns, columns);
  }
};

using Product = ipcarc::vector<double>;

namespace {

constexpr std::uint32_t rows = 2048;
constexpr std::uint32_t columns = 2048;
constexpr std::uint32_t workers = 4;

// Called once, by whoever asks first. `result` is built where it will stay: nothing is copied, neither here nor by who reads.
Matrix make_matrix() {
  Matrix result{rows, columns, {}};
  result.values.resize(std::size_t{rows} * columns);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      result.values[std::size_t{i} * columns + j] = static_cast<float>(i % 7 + j % 5);
    }
  }
  return result;
}

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::string part_name(std::uint32_t part) {
  return "product/" + std::to_string(part);
}

// Multiplies its share of the rows with the matrix's first row.
void work(std::uint32_t part) {
  auto registry = ipcarc::Registry::open("matrix");
  auto matrix = registry.get_or_compute<Matrix>("matrix", make_matrix);  // one makes, the rest wait
  const std::span<const float> factor = matrix->row(0);                  // frozen: no lock, no copy
  Product product;
  for (std::uint32_t i = part * (rows / workers); i < (part + 1) * (rows / workers); ++i) {
    product.push_back(dot(matrix->row(i), factor));
  }
  registry.publish<Product>(part_name(part), product);
}

bool run() {
  auto registry = ipcarc::Registry::open("matrix");
  for (std::uint32_t part = 0; part < workers; ++part) {
    if (::fork() == 0) {
      work(part);
      ::_exit(0);
    }
  }
  double sum = 0;
  for (std::uint32_t part = 0; part < workers; ++part) {
    auto product = registry.wait<const Product>(part_name(part), std::chrono::seconds(30));
    sum += std::accumulate(product->begin(), product->end(), 0.0);
    registry.remove(part_name(part));  // published objects stay until they are removed
  }
  while (::wait(nullptr) > 0) {
  }

  auto matrix = registry.get<const Matrix>("matrix");
  const std::size_t matrix_bytes = matrix->values.size() * sizeof(float);
  std::printf("the product's sum is %.0f\n", sum);
  std::printf("%zu MiB of matrix, %llu MiB of shared memory in use\n", matrix_bytes >> 20,
              static_cast<unsigned long long>(registry.stats().heap_bytes_used >> 20));

  double expected = 0;
  for (std::uint32_t i = 0; i < rows; ++i) {
    expected += dot(matrix->row(i), matrix->row(0));
  }
  registry.remove("matrix");
  return sum == expected && registry.stats().heap_bytes_used >= matrix_bytes;
}

}  // namespace

int main() {
  try {
    return run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
