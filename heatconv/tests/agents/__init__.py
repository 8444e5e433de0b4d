"""The software of servers, from PyPI and from the distribution, against heatconv."""
