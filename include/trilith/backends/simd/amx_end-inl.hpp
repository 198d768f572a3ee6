// A fragment of kernels-inl.hpp: the names of amx_session-inl.hpp end here.
#undef TRILITH_TILE_LOAD_ROWS
#undef TRILITH_TILE_LOAD
#undef TRILITH_TILE_STORE_ROWS
#undef TRILITH_TILE_STORE
#undef TRILITH_TILE_ZERO
#undef TRILITH_TILE_DOTS
#undef TRILITH_TILE_SIGNED_DOTS
#undef TRILITH_TILE_BF16_DOTS
