/* Arguments of pvm_packf and its like for Rust, which cannot read them: one struct around a
 * va_list, and a function for each type that an argument can have. Built by build.rs into the
 * library itself; what the arguments mean is in src/abi/format.rs. */

#include <stdarg.h>

struct arguments {
	va_list list;
};

int posse_pvm_packf(const char *format, struct arguments *from);
int posse_pvm_unpackf(const char *format, struct arguments *from);

int posse_pvm_next_int(struct arguments *from);
long posse_pvm_next_long(struct arguments *from);
double posse_pvm_next_double(struct arguments *from);
void *posse_pvm_next_pointer(struct arguments *from);
int posse_pvm_packf_variadic(const char *format, ...);
int posse_pvm_unpackf_variadic(const char *format, ...);
int posse_pvm_vpackf_list(const char *format, va_list list);
int posse_pvm_vunpackf_list(const char *format, va_list list);

int posse_pvm_next_int(struct arguments *from)
{
	return va_arg(from->list, int);
}

long posse_pvm_next_long(struct arguments *from)
{
	return va_arg(from->list, long);
}

double posse_pvm_next_double(struct arguments *from)
{
	return va_arg(from->list, double);
}

void *posse_pvm_next_pointer(struct arguments *from)
{
	return va_arg(from->list, void *);
}

int posse_pvm_vpackf_list(const char *format, va_list list)
{
	struct arguments from;
	int info;

	va_copy(from.list, list);
	info = posse_pvm_packf(format, &from);
	va_end(from.list);
	return info;
}

int posse_pvm_vunpackf_list(const char *format, va_list list)
{
	struct arguments from;
	int info;

	va_copy(from.list, list);
	info = posse_pvm_unpackf(format, &from);
	va_end(from.list);
	return info;
}

int posse_pvm_packf_variadic(const char *format, ...)
{
	va_list list;
	int info;

	va_start(list, format);
	info = posse_pvm_vpackf_list(format, list);
	va_end(list);
	return info;
}

int posse_pvm_unpackf_variadic(const char *format, ...)
{
	va_list list;
	int info;

	va_start(list, format);
	info = posse_pvm_vunpackf_list(format, list);
	va_end(list);
	return info;
}
