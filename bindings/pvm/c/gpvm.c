/* libgpvm3: groups under PVM's names. C without Rust, which calls what libpvm3 has under private
 * names (src/abi/group.rs, src/abi/reduce.rs), so that a program may link both, static or not.
 * Built by `cargo xtask pvm`. */

#include "pvm3.h"

typedef void operator(int *, void *, void *, int *, int *);

int posse_pvm_joingroup(char *group);
int posse_pvm_lvgroup(char *group);
int posse_pvm_gsize(char *group);
int posse_pvm_gettid(char *group, int instance);
int posse_pvm_getinst(char *group, int tid);
int posse_pvm_barrier(char *group, int count);
int posse_pvm_bcast(char *group, int tag);
int posse_pvm_freezegroup(char *group, int size);
int posse_pvm_reduce(operator*, void *, int, int, int, char *, int);
int posse_pvm_gather(void *, void *, int, int, int, char *, int);
int posse_pvm_scatter(void *, void *, int, int, int, char *, int);
operator posse_pvm_max, posse_pvm_min, posse_pvm_sum, posse_pvm_product;

int pvm_joingroup(char *group)
{
	return posse_pvm_joingroup(group);
}

int pvm_lvgroup(char *group)
{
	return posse_pvm_lvgroup(group);
}

int pvm_gsize(char *group)
{
	return posse_pvm_gsize(group);
}

int pvm_gettid(char *group, int instance)
{
	return posse_pvm_gettid(group, instance);
}

int pvm_getinst(char *group, int tid)
{
	return posse_pvm_getinst(group, tid);
}

int pvm_barrier(char *group, int count)
{
	return posse_pvm_barrier(group, count);
}

int pvm_bcast(char *group, int tag)
{
	return posse_pvm_bcast(group, tag);
}

int pvm_freezegroup(char *group, int size)
{
	return posse_pvm_freezegroup(group, size);
}

int pvm_reduce(operator*fold, void *data, int count, int type, int tag, char *group, int root)
{
	return posse_pvm_reduce(fold, data, count, type, tag, group, root);
}

int pvm_gather(void *result, void *data, int count, int type, int tag, char *group, int root)
{
	return posse_pvm_gather(result, data, count, type, tag, group, root);
}

int pvm_scatter(void *result, void *data, int count, int type, int tag, char *group, int root)
{
	return posse_pvm_scatter(result, data, count, type, tag, group, root);
}

void PvmMax(int *type, void *x, void *y, int *count, int *info)
{
	posse_pvm_max(type, x, y, count, info);
}

void PvmMin(int *type, void *x, void *y, int *count, int *info)
{
	posse_pvm_min(type, x, y, count, info);
}

void PvmSum(int *type, void *x, void *y, int *count, int *info)
{
	posse_pvm_sum(type, x, y, count, info);
}

void PvmProduct(int *type, void *x, void *y, int *count, int *info)
{
	posse_pvm_product(type, x, y, count, info);
}
