/* Nodes of trees. */
#include "calc.h"
#include "lib/small.h"

struct tree *node(char kind, struct tree *left, struct tree *right)
{
    struct tree *tree = memory(sizeof *tree);

    tree->kind = kind;
    tree->left = left;
    tree->right = right;
    return tree;
}

struct tree *number(long value)
{
    struct tree *tree = node('0', 0, 0);

    tree->number = value;
    return tree;
}
