#include <core.p4>
#include <v1model.p4>

meter(16, MeterType.bytes) rates;
