/* Programs of Go take their random bytes from ProcessPrng, which Wine 8 does not have. RtlGenRandom, whose name in a
   program is SystemFunction036, is as good a source. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
	return SystemFunction036(data, (ULONG)size);
}
