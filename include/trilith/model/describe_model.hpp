#ifndef TRILITH_MODEL_DESCRIBE_MODEL_HPP
#define TRILITH_MODEL_DESCRIBE_MODEL_HPP

#include <trilith/model/realisation.hpp>

#include <cstdio>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// "1.60": two decimals without locale or stream.
[[nodiscard]] inline std::string two_decimals(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", x);
  return text;
}

[[nodiscard]] inline std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

/// What a tensor is stored as: "ternary<absmean,per_tensor,nearest_even> in bits2".
template <class Tensor>
[[nodiscard]] std::string storage_name(const Tensor&) {
  if constexpr (std::is_same_v<Tensor, parameter_vector>)
    return "f32";
  else if constexpr (Tensor::is_coded)
    return join(Tensor::weights::name, " in ", Tensor::packing::name);
  else
    return std::string(Tensor::weights::name);
}

/// A walk that writes one line per tensor; equal layers are written once.
class tree_writer {
 public:
  explicit tree_writer(std::size_t layers) : layers_(layers) {}

  void enter(std::string_view name) {
    const bool is_layer = !name.empty() && name.front() >= '0' && name.front() <= '9';
    if (is_layer && name != "0") ++hidden_;
    if (hidden_ == 0)
      line(is_layer ? join("0 ... ", layers_ - 1, "  (", layers_, " alike)") : std::string(name));
    names_.push_back(is_layer && name != "0");
    ++depth_;
  }
  void leave() {
    --depth_;
    if (names_.back()) --hidden_;
    names_.pop_back();
  }
  template <class Field, class Tensor>
  void operator()(const Field& field, const Tensor& tensor) {
    std::size_t count = 0;
    std::string sizes;
    if constexpr (std::is_same_v<Tensor, parameter_vector>) {
      count = tensor.size();
      sizes = join("[", count, "]");
    } else {
      count = tensor.rows * tensor.cols;
      sizes = join("[", tensor.rows, ", ", tensor.cols, "]");
    }
    parameters_ += count;
    bytes_ += tensor.bytes();
    if (hidden_ != 0) return;
    const double bits = 8.0 * static_cast<double>(tensor.bytes()) / static_cast<double>(count);
    line(join(padded(std::string(field.name), 16), padded(sizes, 18),
              padded(join(two_decimals(bits), " bits"), 12), padded(join(grouped(tensor.bytes()), " bytes"), 20),
              storage_name(tensor)));
  }
  [[nodiscard]] std::string finish() {
    depth_ = 0;
    line(join("total: ", grouped(parameters_), " parameters, ", grouped(bytes_), " bytes, ",
              two_decimals(8.0 * static_cast<double>(bytes_) / static_cast<double>(parameters_)),
              " bits a parameter"));
    return std::move(text_);
  }

 private:
  void line(std::string_view what) {
    text_.append(2 * depth_, ' ');
    text_ += what;
    text_ += '\n';
  }

  std::size_t layers_, depth_ = 1, hidden_ = 0, parameters_ = 0, bytes_ = 0;
  std::vector<bool> names_;
  std::string text_;
};

struct add_bytes {
  std::size_t total = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& tensor) {
    total += tensor.bytes();
  }
};

}  // namespace detail

/// The tree of a model's tensors with shapes, bits a parameter and bytes, for people to read:
///
///     std::cout << tl::describe(model);
template <Realisation Model>
[[nodiscard]] std::string describe(const Model& model) {
  detail::tree_writer writer(model.parameters.blocks.size());
  fields::walk<typename Model::blueprint>(writer, const_cast<Model&>(model).parameters);
  return join(Model::storage::name, " ", Model::blueprint::name(), "\n", writer.finish());
}

/// Bytes of all parameters.
template <Realisation Model>
[[nodiscard]] std::size_t parameter_bytes(const Model& model) {
  detail::add_bytes visit;
  fields::walk<typename Model::blueprint>(visit, const_cast<Model&>(model).parameters);
  return visit.total;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
