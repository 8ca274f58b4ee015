"""New workbooks: the input sheets of the contract, with a sample or without customers."""
