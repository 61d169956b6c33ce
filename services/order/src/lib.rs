//! createOrder, getOrder and republishStuckOrders
