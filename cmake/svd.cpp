// Singular values, by Eigen.
#include <trilith/adapt/svf_decompose_impl.hpp>
