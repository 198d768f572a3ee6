#ifndef TRILITH_MODEL_REALISATION_HPP
#define TRILITH_MODEL_REALISATION_HPP

#include <trilith/model/decoder.hpp>
#include <trilith/weights/learned.hpp>

namespace trilith::inline TRILITH_ABI {

namespace packing {
/// Each weight scheme's own packing: bits2 for ternary weights, bits1 for binary ones.
struct preferred {};
}  // namespace packing

namespace detail {
template <class W, class P>
struct packing_choice {
  using type = typename W::packing;
};
template <class W, packing::Packing P>
  requires(packing::holds<P, W>)
struct packing_choice<W, P> {
  using type = P;
};
template <class W, class P>
struct packed_storage_of {
  using type = plain_matrix<W>;
};
template <weights::CodedWeights W, class P>
struct packed_storage_of<W, P> {
  using type = packed_matrix<W, typename packing_choice<W, P>::type>;
};
template <class W>
struct latent_storage_of {
  using type = plain_matrix<weights::f32>;
};
template <weights::LearnsScale W>
struct latent_storage_of<W> {
  using type = learned_matrix<W>;
};
}  // namespace detail

/// How the parameters of a blueprint are stored. `matrix<W>` is the storage of weights W.
namespace storage {
/// Codes and scales; weights whose codes P cannot hold keep their own packing.
template <class P>
struct packed {
  using packing = P;
  static constexpr std::string_view name = "packed";
  template <weights::Weights W>
  using matrix = typename detail::packed_storage_of<W, P>::type;
};
/// Plain float32, whatever the weights are.
struct dense {
  static constexpr std::string_view name = "dense";
  template <weights::Weights W>
  using matrix = plain_matrix<weights::f32>;
};
/// float32 master weights, quantised in the forward pass: what trains. Beside weights whose scales
/// are learned lie these scales.
struct latent {
  static constexpr std::string_view name = "latent";
  template <weights::Weights W>
  using matrix = typename detail::latent_storage_of<W>::type;
};
}  // namespace storage

/// A blueprint with parameters.
template <Decoder B, class Storage>
struct realisation {
  using blueprint = B;
  using storage = Storage;
  using parameter_type = typename B::template parameters<Storage>;

  realisation() = default;
  /// Zero-filled parameters for this shape, which must pass check(shape).
  explicit realisation(const shape& s, const trilith::settings& numbers = {})
      : sizes(s), settings(numbers) {
    parameters.blocks.resize(s.layers);
    allocate_all visit{s};
    fields::walk<B>(visit, parameters);
  }

  shape sizes;
  trilith::settings settings;
  parameter_type parameters;

 private:
  struct allocate_all {
    const shape& sizes;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor>
    void operator()(const Field& field, Tensor& tensor) {
      if constexpr (requires { field.rows; })
        tensor = Tensor(extent(sizes, field.rows), extent(sizes, field.cols));
      else
        tensor = Tensor(extent(sizes, field.size));
    }
  };
};

/// Codes and scales only: what runs, ships and maps from a file.
template <class B, class P = packing::preferred>
using packed = realisation<B, storage::packed<P>>;
/// Plain float32: what SVD, merging and comparison need.
template <class B>
using dense = realisation<B, storage::dense>;
/// float32 master weights: what trains.
template <class B>
using latent = realisation<B, storage::latent>;

template <class T>
concept Realisation = requires {
  typename T::blueprint;
  typename T::storage;
  typename T::parameter_type;
};
template <class T>
concept Packed = Realisation<T> && T::storage::name == std::string_view("packed");
template <class T>
concept Dense = Realisation<T> && T::storage::name == std::string_view("dense");
template <class T>
concept Latent = Realisation<T> && T::storage::name == std::string_view("latent");
/// Whose weights are floats, not codes.
template <class T>
concept HasFloats = Dense<T> || Latent<T>;

/// The same parameters under another backend: nothing is copied.
template <backends::Backend Backend, Decoder B, class Storage>
[[nodiscard]] auto with_backend(realisation<B, Storage>&& model) {
  realisation<typename B::template with_backend<Backend>, Storage> out;
  out.sizes = model.sizes;
  out.settings = model.settings;
  out.parameters = std::move(model.parameters);
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif
