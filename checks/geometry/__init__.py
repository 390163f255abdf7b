"""Pure kernels of labelled media: how alike two geometries, spans or texts are, and which labels of two sets belong together."""
