#include "samplers/numerics/neural_network.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace sweepjob {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Adam's usual constants.
constexpr double kMomentum = 0.9;
constexpr double kScaleMemory = 0.999;
constexpr double kSmallest = 1e-8;
constexpr double kLastRate = 0.01;  // of the learning rate, at the end

}  // namespace

NeuralNetwork::NeuralNetwork(std::size_t inputs, const std::vector<std::size_t>& hidden,
                             RandomStream& stream) {
  Index size = 0;
  auto below = static_cast<Index>(inputs);
  std::vector<std::size_t> outputs = hidden;
  outputs.push_back(1);
  for (const std::size_t count : outputs) {
    layers_.push_back({below, static_cast<Index>(count), size});
    size += (below + 1) * static_cast<Index>(count);
    below = static_cast<Index>(count);
  }
  parameters_ = VectorXd::Zero(size);
  for (const Layer& layer : layers_) {
    const double reach = std::sqrt(6.0 / static_cast<double>(layer.inputs + layer.outputs));
    for (Index i = 0; i < layer.inputs * layer.outputs; ++i) {
      parameters_[layer.begin + i] = reach * (2 * stream.uniform() - 1);
    }
  }
}

NeuralNetwork::Weights NeuralNetwork::weights(const Layer& layer) const {
  return {parameters_.data() + layer.begin, layer.inputs, layer.outputs};
}

NeuralNetwork::Biases NeuralNetwork::biases(const Layer& layer) const {
  return {parameters_.data() + layer.begin + layer.inputs * layer.outputs, layer.outputs};
}

std::vector<MatrixXd> NeuralNetwork::forward(const MatrixXd& x) const {
  std::vector<MatrixXd> result{x};
  for (const Layer& layer : layers_) {
    MatrixXd sums = result.back() * weights(layer);
    sums.rowwise() += biases(layer);
    const bool last = &layer == &layers_.back();
    result.push_back(last ? std::move(sums) : MatrixXd(sums.array().tanh()));
  }
  return result;
}

VectorXd NeuralNetwork::outputs(const MatrixXd& x) const { return forward(x).back().col(0); }

MatrixXd NeuralNetwork::features(const MatrixXd& x) const {
  std::vector<MatrixXd> values = forward(x);
  return std::move(values[values.size() - 2]);
}

double NeuralNetwork::objective(const MatrixXd& x, const VectorXd& y, double decay,
                                VectorXd& gradient) const {
  const std::vector<MatrixXd> values = forward(x);
  const VectorXd residuals = values.back().col(0) - y;
  const auto rows = static_cast<double>(x.rows());
  gradient.setZero(parameters_.size());
  MatrixXd delta = residuals / rows;
  double penalty = 0;
  for (std::size_t k = layers_.size(); k-- > 0;) {
    const Layer& layer = layers_[k];
    const Index count = layer.inputs * layer.outputs;
    Eigen::Map<MatrixXd> own(gradient.data() + layer.begin, layer.inputs, layer.outputs);
    own.noalias() = values[k].transpose() * delta;
    own += decay * weights(layer);
    penalty += weights(layer).squaredNorm();
    gradient.segment(layer.begin + count, layer.outputs) = delta.colwise().sum().transpose();
    if (k > 0) {
      MatrixXd below = delta * weights(layer).transpose();
      delta = below.array() * (1 - values[k].array().square());
    }
  }
  return 0.5 * residuals.squaredNorm() / rows + 0.5 * decay * penalty;
}

void NeuralNetwork::train(const MatrixXd& x, const VectorXd& y, const Training& training,
                          RandomStream& stream) {
  const auto rows = static_cast<std::size_t>(x.rows());
  const std::size_t batch = std::clamp<std::size_t>(training.batch, 1, rows);
  const std::size_t batches = rows / batch;
  const double steps = static_cast<double>(training.epochs * batches);
  VectorXd gradient, mean = VectorXd::Zero(parameters_.size());
  VectorXd square = VectorXd::Zero(parameters_.size());
  std::vector<Index> order(rows);
  std::iota(order.begin(), order.end(), Index{0});
  double step = 0;
  for (std::size_t epoch = 0; epoch < training.epochs; ++epoch) {
    for (std::size_t i = rows; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
    for (std::size_t k = 0; k < batches; ++k) {
      // The last step of an epoch takes what is left over.
      const std::size_t end = k + 1 == batches ? rows : (k + 1) * batch;
      const std::vector<Index> part(order.begin() + static_cast<std::ptrdiff_t>(k * batch),
                                    order.begin() + static_cast<std::ptrdiff_t>(end));
      static_cast<void>(objective(x(part, Eigen::all), y(part), training.decay, gradient));
      step += 1;
      mean = kMomentum * mean + (1 - kMomentum) * gradient;
      square = kScaleMemory * square + (1 - kScaleMemory) * gradient.cwiseAbs2();
      const double fall = 0.5 * (1 + std::cos(std::numbers::pi * step / steps));
      const double rate = training.learning_rate * (kLastRate + (1 - kLastRate) * fall) /
                          (1 - std::pow(kMomentum, step));
      const double scale = 1 / (1 - std::pow(kScaleMemory, step));
      parameters_.array() -= rate * mean.array() / ((scale * square.array()).sqrt() + kSmallest);
    }
  }
}

}  // namespace sweepjob
