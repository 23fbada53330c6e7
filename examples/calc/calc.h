/* Sums and products of whole numbers, read into a tree. */
#ifndef CALC_H
#define CALC_H

struct tree {
    char kind; /* '0' for a number, else the operator */
    long number;
    struct tree *left, *right;
};

struct tree *number(long value);
struct tree *node(char kind, struct tree *left, struct tree *right);
struct tree *read_sum(const char **text);
long read_number(const char **text);
long value_of_name(const char **text);
long eval(const struct tree *tree);
void print(long value);

#endif
